import { expect, test } from "vitest";
import { fraction, gather } from "./indicators";

const at = (...xs: number[]) => xs.map((x) => ({ x, item: x }));

test("marks that would touch are one span", () => {
  expect(gather(at(10, 11, 50), 0, 100, 5)).toEqual([
    { from: 10, to: 11, items: [10, 11] },
    { from: 50, to: 50, items: [50] },
  ]);
});

test("what is outside of the range is left out", () => {
  expect(gather(at(10, 200), 0, 100, 5)).toHaveLength(1);
});

test("a range of one x has its mark in the middle", () => {
  expect(fraction(3, 3, 3)).toBe(0.5);
  expect(fraction(25, 0, 100)).toBe(0.25);
});
