import { expect, test } from "vitest";
import { laidOut } from "./legend";

const entries = (...widths: number[]) => widths.map((width, item) => ({ item, width }));

test("entries go into rows that fit", () => {
  expect(laidOut(entries(40, 40, 40), 100, 10)).toEqual([
    { item: 0, x: 0, row: 0 },
    { item: 1, x: 50, row: 0 },
    { item: 2, x: 0, row: 1 },
  ]);
});

test("one that is too wide has a row of its own", () => {
  expect(laidOut(entries(500, 10), 100, 10).map(({ row }) => row)).toEqual([0, 1]);
  expect(laidOut([], 100, 10)).toEqual([]);
});
