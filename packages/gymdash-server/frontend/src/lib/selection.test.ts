import { expect, test } from "vitest";
import { fromText, rangeOf, select } from "./selection";

const order = ["a", "b", "c", "d"];
const plain = { toggle: false, range: false };

test("a click selects one", () => {
  expect(select(order, ["a", "b"], "a", "c", plain)).toEqual(["c"]);
});

test("with a modifier it adds and removes", () => {
  expect(select(order, ["a"], "a", "c", { toggle: true, range: false })).toEqual(["a", "c"]);
  expect(select(order, ["a", "c"], "a", "c", { toggle: true, range: false })).toEqual(["a"]);
});

test("with shift it selects a range, in either direction", () => {
  expect(select(order, ["d"], "d", "b", { toggle: false, range: true })).toEqual(["b", "c", "d"]);
  expect(select(order, ["a"], "gone", "b", { toggle: false, range: true })).toEqual(["b"]);
});

test("an address names runs once", () => {
  expect(fromText("a,b,a,")).toEqual(["a", "b"]);
  expect(fromText(null)).toEqual([]);
});

test("a range holds both of its ends, in either direction", () => {
  expect(rangeOf(["a", "b", "c", "d"], "c", "a")).toEqual(["a", "b", "c"]);
  expect(rangeOf(["a", "b"], "a", "gone")).toEqual([]);
});
