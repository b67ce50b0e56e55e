import { expect, test } from "vitest";
import { ema, smooth, spreadMean } from "./smoothing";

test("a constant stays what it is", () => {
  expect(ema([2, 2, 2], 0.9)).toEqual([2, 2, 2].map((v) => expect.closeTo(v)));
  expect(spreadMean([2, 2, 2], 2, 0.5)).toEqual([2, 2, 2]);
});

test("the average begins at the first value", () => {
  expect(ema([10, 0], 0.5)).toEqual([10, expect.closeTo(10 / 3)]);
});

test("values that are not finite are gaps", () => {
  expect(ema([1, Number.NaN, 1], 0.5)).toEqual([1, Number.NaN, 1]);
  expect(spreadMean([1, Number.POSITIVE_INFINITY, 1], 1, 1)[0]).toBe(1);
});

test("neighbours weigh less with distance", () => {
  expect(spreadMean([0, 1, 0], 1, 0.5)).toEqual([expect.closeTo(1 / 3), 0.5, expect.closeTo(1 / 3)]);
});

test("no smoothing hands back the same values", () => {
  const values = [1, 2];
  expect(smooth(values, { kind: "none", weight: 0.9, spread: 3, factor: 1 })).toBe(values);
});
