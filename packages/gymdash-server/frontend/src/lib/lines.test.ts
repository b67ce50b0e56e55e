import { expect, test } from "vitest";
import { joined, lineOf, stepsWithin } from "./lines";

const NONE = { kind: "none", weight: 0.6, spread: 3, factor: 0.8 } as const;
const columns = { step: [0, 10, 20], wall: [100, 110, 130], attempt: [1, 1, 1], value: [1, "NaN", 3] };

test("a line is drawn as it is, or with its smooth form above it", () => {
  expect(lineOf(columns, "step", false, NONE)).toEqual({ raw: { x: [0, 10, 20], y: [1, null, 3] } });
  const smoothed = lineOf(columns, "step", false, { ...NONE, kind: "ema" });
  expect(smoothed.smooth?.y[1]).toBeNull();
  expect(joined([smoothed])).toHaveLength(3);
});

test("a range of time is a range of steps", () => {
  expect(stepsWithin(columns, "relative", 5, 40)).toEqual([10, 20]);
  expect(stepsWithin(columns, "wall", 0, 5)).toBeNull();
  expect(stepsWithin(columns, "step", 0.5, 9.5)).toEqual([0, 10]);
});
