import { expect, test } from "vitest";
import { fraction, gather } from "./indicators";

const at = (...xs: number[]) => xs.map((x) => ({ x, item: x }));

test("marks that would touch are one span", () => {
  expect(gather(at(10, 11, 50), 0, 100, 5)).toEqual([
    { from: 10, to: 11, items: [10, 11] },
    { from: 50, to: 50, items: [50] },
  ]);
});

test("many media become several spans, and not a single one", () => {
  const spans = gather(at(0, 4, 8, 12, 16, 20), 0, 100, 5);
  expect(spans.map(({ from, to }) => [from, to])).toEqual([
    [0, 12],
    [16, 20],
  ]);
});

test("what is outside of the range is left out", () => {
  expect(gather(at(10, 200), 0, 100, 5)).toHaveLength(1);
});

test("of a whole plot, what lies beyond its points stands at its edges", () => {
  expect(gather(at(0, 4, 10, 50, 120), 10, 100, 5, true)).toEqual([
    { from: 0, to: 10, items: [0, 4, 10] },
    { from: 50, to: 50, items: [50] },
    { from: 120, to: 120, items: [120] },
  ]);
});

test("a range of one x has its mark in the middle", () => {
  expect(fraction(3, 3, 3)).toBe(0.5);
  expect(fraction(25, 0, 100)).toBe(0.25);
});
