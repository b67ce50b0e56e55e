import { expect, test } from "vitest";
import { lineOf, stepsWithin } from "./lines";

const NONE = { kind: "none", weight: 0.6, spread: 3, factor: 0.8 } as const;
const columns = { step: [0, 10, 20], wall: [100, 110, 130], attempt: [1, 1, 1], value: [1, "NaN", 3] };

test("a line is drawn as it is, or with its smooth form above it", () => {
  expect(lineOf(columns, "step", false, NONE)).toEqual({ raw: { x: [0, 10, 20], y: [1, null, 3] } });
  const smoothed = lineOf(columns, "step", false, { ...NONE, kind: "ema" });
  expect(smoothed.smooth?.y[1]).toBeNull();
});

test("steps that a later attempt repeats are drawn once, times all", () => {
  const again = {
    step: [0, 10, 20, 5, 15],
    wall: [1, 2, 3, 4, 5],
    attempt: [1, 1, 1, 2, 2],
    value: [1, 2, 3, 4, 5],
  };
  expect(lineOf(again, "step", false, NONE).raw).toEqual({ x: [0, 5, 15], y: [1, 4, 5] });
  expect(lineOf(again, "wall", false, NONE).raw.y).toEqual([1, 2, 3, 4, 5]);
});

test("a range that is open is read to its end", () => {
  expect(stepsWithin(columns, "step", 5, Number.POSITIVE_INFINITY)).toEqual([5, Number.POSITIVE_INFINITY]);
  expect(stepsWithin(columns, "relative", Number.NEGATIVE_INFINITY, 15)).toEqual([0, 10]);
});

test("a range of time is a range of steps", () => {
  expect(stepsWithin(columns, "relative", 5, 40)).toEqual([10, 20]);
  expect(stepsWithin(columns, "wall", 0, 5)).toBeNull();
  expect(stepsWithin(columns, "step", 0.5, 9.5)).toEqual([0, 10]);
});
