import { expect, test } from "vitest";
import { extentOf, shownExtent, shownLogExtent, typed } from "./ranges";

const INFINITY = Number.POSITIVE_INFINITY;

test("a range that is open on both sides, or holds nothing, is none", () => {
  expect(extentOf([null, null])).toBeNull();
  expect(extentOf([5, 5])).toBeNull();
  expect(extentOf([6, 5])).toBeNull();
  expect(extentOf([5, null])).toEqual([5, INFINITY]);
  expect(extentOf([null, 5])).toEqual([-INFINITY, 5]);
});

test("the data says what is open", () => {
  expect(shownExtent(null, [0, 10])).toEqual([0, 10]);
  expect(shownExtent([2, 4], [0, 10])).toEqual([2, 4]);
  expect(shownExtent([2, INFINITY], [0, 10])).toEqual([2, 10]);
  expect(shownExtent([-INFINITY, 4], [0, 10])).toEqual([0, 4]);
});

test("a range beyond the data is shown, empty as it is", () => {
  expect(shownExtent([20, INFINITY], [0, 10])).toEqual([19, 21]);
  expect(shownExtent([-INFINITY, -5], [0, 10])).toEqual([-6, -4]);
});

test("a logarithmic axis stays above zero", () => {
  expect(shownLogExtent([0, 100], [0.1, 1000])).toEqual([0.1, 100]);
  expect(shownLogExtent([-5, -1], [0.1, 1000])).toEqual([0.1, 1000]);
  expect(shownLogExtent([1, INFINITY], [0.1, 1000])).toEqual([1, 1000]);
});

test("what is typed is a number or nothing", () => {
  expect([typed(""), typed("-"), typed("3"), typed(0)]).toEqual([null, null, 3, 0]);
});
