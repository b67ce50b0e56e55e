import { expect, test } from "vitest";
import { placeOfIntervention } from "./interventions";

const done = {
  step: 5,
  acknowledged_step: 7,
  time: "2026-01-01T00:00:10Z",
  acknowledged: "2026-01-01T00:00:12Z",
};
const SEEN = Date.parse(done.acknowledged) / 1000;

test("an intervention stands where it was seen, on every axis", () => {
  expect(placeOfIntervention(done, "step", 0)).toBe(7);
  expect(placeOfIntervention(done, "wall", 0)).toBe(SEEN);
  expect(placeOfIntervention(done, "relative", SEEN - 3)).toBe(3);
});

test("one that was not seen stands where it was asked, or nowhere", () => {
  const asked = { ...done, acknowledged_step: null, acknowledged: null };
  expect(placeOfIntervention(asked, "step", 0)).toBe(5);
  expect(placeOfIntervention(asked, "wall", 0)).toBe(SEEN - 2);
  expect(placeOfIntervention({ ...asked, step: null }, "step", 0)).toBeNull();
});
