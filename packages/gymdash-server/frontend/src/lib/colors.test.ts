import { expect, test } from "vitest";
import { assign, bounded, PALETTE } from "./colors";

test("runs that are shown together differ, and keep their colour", () => {
  const first = assign({}, ["a", "b"]);
  expect(first).toEqual({ a: 0, b: 1 });
  const second = assign(first, ["b", "c"]);
  expect(second.b).toBe(1);
  expect(second.c).toBe(0);
});

test("more runs than colours share them evenly", () => {
  const ids = Array.from({ length: PALETTE.light.length * 2 }, (_, at) => `run${at}`);
  const places = Object.values(assign({}, ids));
  expect(places.filter((place) => place === 3)).toHaveLength(2);
});

test("what is remembered is bounded", () => {
  expect(bounded({ a: 1, b: 2, c: 3 }, 2)).toEqual({ b: 2, c: 3 });
});
