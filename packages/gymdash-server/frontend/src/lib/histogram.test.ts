import { expect, test } from "vitest";
import { barsOf, isHistogram } from "./histogram";

test("bars fill the whole, their areas are the counts, the highest is one", () => {
  expect(barsOf({ edges: [0, 1, 4], counts: [2, 3] })).toEqual([
    { left: 0, width: 0.25, height: 1 },
    { left: 0.25, width: 0.75, height: 0.5 },
  ]);
});

test("a bin without width and a histogram without counts are flat", () => {
  expect(barsOf({ edges: [1, 1, 2], counts: [5, 1] }).map((bar) => bar.height)).toEqual([0, 1]);
  expect(barsOf({ edges: [0, 1], counts: [0] }).map((bar) => bar.height)).toEqual([0]);
});

test("other values are none", () => {
  expect(isHistogram({ edges: [0], counts: [] })).toBe(true);
  expect(isHistogram("text")).toBe(false);
  expect(isHistogram(null)).toBe(false);
});
