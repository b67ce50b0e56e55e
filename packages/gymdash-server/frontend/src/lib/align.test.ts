import { expect, test } from "vitest";
import { align, drawable, xOf } from "./align";

test("the later of two points at a step counts, and steps that go back are sorted in", () => {
  expect(drawable([0, 1, 2, 1, 2], [0, 1, 2, 10, 20])).toEqual({ x: [0, 1, 2], y: [0, 10, 20] });
});

test("what cannot be drawn is a gap", () => {
  expect(drawable([0, 1, 2], [1, Number.NaN, -1], true)).toEqual({ x: [0, 1, 2], y: [1, null, null] });
});

test("lines with different steps share one axis", () => {
  const aligned = align([
    { x: [0, 2], y: [1, 2] },
    { x: [1, 2], y: [3, 4] },
  ]);
  expect(aligned).toEqual([
    [0, 1, 2],
    [1, undefined, 2],
    [undefined, 3, 4],
  ]);
});

test("lines with the same steps are taken as they are", () => {
  const x = [0, 1];
  expect(
    align([
      { x, y: [1, 2] },
      { x, y: [3, 4] },
    ])[0],
  ).toBe(x);
  expect(align([])).toEqual([[]]);
});

test("relative time begins at the first point", () => {
  expect(xOf([5, 6], [100, 103], "relative")).toEqual([0, 3]);
  expect(xOf([5, 6], [100, 103], "step")).toEqual([5, 6]);
});
