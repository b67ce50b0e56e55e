import { expect, test } from "vitest";
import { logTexts, TIME_DISTANCES, ticksOf, tickTexts, timeTexts, WHOLE_DISTANCES } from "./ticks";

test("large numbers have a unit, or an exponent beyond all units", () => {
  expect(tickTexts([0, 1e12, 2e12, 3e12])).toEqual(["0", "1 T", "2 T", "3 T"]);
  expect(tickTexts([0, 5e11, 1e12])).toEqual(["0", "0.5 T", "1.0 T"]);
  expect(tickTexts([0, 200_000, 400_000, 1_200_000])).toEqual(["0", "0.2 M", "0.4 M", "1.2 M"]);
  expect(tickTexts([0, 5e19, 1e20])).toEqual(["0", "0.5e20", "1.0e20"]);
});

test("what differs little has as many digits as that takes", () => {
  expect(tickTexts([1000, 1000.000001, 1000.000002])).toEqual([
    "1,000.000000",
    "1,000.000001",
    "1,000.000002",
  ]);
  expect(tickTexts([1_000_000, 1_000_001, 1_000_002])).toEqual(["1,000,000", "1,000,001", "1,000,002"]);
  expect(tickTexts([0, 0.25, 0.5])).toEqual(["0.00", "0.25", "0.50"]);
});

test("small numbers have the same exponent", () => {
  expect(tickTexts([-1e-17, 0, 1e-17])).toEqual(["−1e-17", "0", "1e-17"]);
  expect(tickTexts([0, 5e-5, 1e-4])).toEqual(["0", "0.5e-4", "1.0e-4"]);
  expect(tickTexts([0.001, 0.002])).toEqual(["0.001", "0.002"]);
});

test("common numbers are as they were, and a single tick has its digits", () => {
  expect(tickTexts([-100, 0, 100, 1000])).toEqual(["−100", "0", "100", "1,000"]);
  expect(tickTexts([0])).toEqual(["0"]);
  expect(tickTexts([4096])).toEqual(["4,096"]);
  expect(tickTexts([null, 1, 2])).toEqual(["", "1", "2"]);
  expect(tickTexts([2, 2])).toEqual(["2", "2"]);
  expect(tickTexts([])).toEqual([]);
});

test("ticks are multiples of the distance, also where that is tiny", () => {
  expect(ticksOf(0.05, 0.41, 0.1)).toEqual([0.1, 0.2, 0.3, 0.4]);
  expect(ticksOf(-1.2e-17, 1.2e-17, 1e-16)).toEqual([-1e-17, -5e-18, 0, 5e-18, 1e-17]);
  expect(ticksOf(1000, 1000.000004, 0.000002)).toEqual([1000, 1000.000002, 1000.000004]);
  expect(ticksOf(1, 1, 0)).toEqual([]);
});

test("steps are whole numbers", () => {
  expect(WHOLE_DISTANCES.slice(0, 5)).toEqual([1, 2, 5, 10, 20]);
  expect(WHOLE_DISTANCES.every(Number.isInteger)).toBe(true);
  expect(
    TIME_DISTANCES.every((distance, at) => at === 0 || distance > (TIME_DISTANCES[at - 1] as number)),
  ).toBe(true);
});

test("labels of a logarithmic axis are all plain or all powers", () => {
  expect(logTexts([0.1, null, 1, 10])).toEqual(["0.1", "", "1", "10"]);
  expect(logTexts([1e-17, 1, 1e12])).toEqual(["1e-17", "1e0", "1e12"]);
  expect(logTexts([-1e6, 0, 1e6])).toEqual(["-1e6", "0", "1e6"]);
});

test("times are told without the parts that are zero", () => {
  expect(timeTexts([0, 0.5, 1])).toEqual(["0.0 s", "0.5 s", "1.0 s"]);
  expect(timeTexts([0, 60, 90])).toEqual(["0 s", "1 min", "1 min 30 s"]);
  expect(timeTexts([3600, 5400])).toEqual(["1 h", "1 h 30 min"]);
});
