import { expect, test } from "vitest";
import { dotsOf } from "./dots";

test("few points are all dots", () => {
  expect(dotsOf([1, null, 2, undefined, 3], 0, 4, 3)).toEqual([0, 2, 4]);
  expect(dotsOf([1], 0, 0, 3)).toEqual([0]);
});

test("of many points those between gaps are dots, since no line leads to them", () => {
  expect(dotsOf([1, null, 2, undefined, 3, null, undefined, 4, undefined], 0, 8, 1)).toEqual([0, 7]);
  expect(dotsOf([1, 2, 3], 0, 2, 1)).toEqual([]);
  expect(dotsOf([1, undefined, undefined, 2], 0, 3, 0)).toEqual([]);
});

test("what no number is has no dot", () => {
  expect(dotsOf([null, undefined], 0, 1, 3)).toEqual([]);
});
