import { expect, test } from "vitest";
import { barsOf, isHistogram } from "./histogram";

test("bars fill the whole, the highest is one", () => {
  expect(barsOf({ edges: [0, 1, 4], counts: [2, 4] })).toEqual([
    { left: 0, width: 0.25, height: 0.5 },
    { left: 0.25, width: 0.75, height: 1 },
  ]);
});

test("other values are none", () => {
  expect(isHistogram({ edges: [0], counts: [] })).toBe(true);
  expect(isHistogram("text")).toBe(false);
  expect(isHistogram(null)).toBe(false);
});
