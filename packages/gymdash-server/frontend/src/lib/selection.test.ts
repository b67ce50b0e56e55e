import { expect, test } from "vitest";
import { fromText, MOST_AT_ONCE, rangeOf, select, shareOf, toggleAll } from "./selection";

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

test("with both modifiers a range is added", () => {
  expect(select(order, ["d", "a"], "a", "b", { toggle: true, range: true })).toEqual(["d", "a", "b"]);
});

test("all that are shown are selected, then none of them; what is not shown stays", () => {
  expect([shareOf(["a", "b"], ["x"]), toggleAll(["a", "b"], ["x"])]).toEqual(["none", ["x", "a", "b"]]);
  expect([shareOf(["a", "b"], ["b"]), toggleAll(["a", "b"], ["b"])]).toEqual(["some", ["a", "b"]]);
  expect([shareOf(["a", "b"], ["x", "b", "a"]), toggleAll(["a", "b"], ["x", "b", "a"])]).toEqual([
    "all",
    ["x"],
  ]);
  expect(shareOf([], [])).toBe("none");
});

test("of very many that are shown the first are selected", () => {
  const many = Array.from({ length: MOST_AT_ONCE + 5 }, (_, at) => `${at}`);
  const selected = toggleAll(many, []);
  expect(selected).toEqual(many.slice(0, MOST_AT_ONCE));
  expect([shareOf(many, selected), toggleAll(many, selected)]).toEqual(["all", []]);
});
