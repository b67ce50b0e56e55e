import { expect, test } from "vitest";
import { align } from "./align";
import { BUCKETS, onGrid } from "./grid";

const line = (x: number[], y: (number | null)[]) => ({ x, y });

test("each bucket keeps its extremes in their order", () => {
  const [x, y] = onGrid([line([0, 1, 2, 3, 4, 5, 6, 8], [5, 1, 9, 4, 2, 3, 8, 7])], 2);
  expect(x).toEqual([1, 3, 5, 7]);
  expect(y).toEqual([1, 9, 2, 8]);
});

test("what is no number is a gap where it stands alone, and what is not there is none", () => {
  const [, a, b] = onGrid([line([0, 1, 4, 8], [1, null, null, 2]), line([0, 8], [3, 4])], 4);
  expect(a).toEqual([1, undefined, undefined, undefined, null, undefined, 2, undefined]);
  expect(b).toEqual([3, undefined, undefined, undefined, undefined, undefined, 4, undefined]);
});

test("places rise and there are as many for one line as for ten", () => {
  const random = (at: number) => ((at * 7919) % 1000) / 1000;
  const lines = Array.from({ length: 10 }, (_, run) =>
    line(
      Array.from({ length: 5000 }, (_, at) => at * 3 + random(at + run)),
      Array.from({ length: 5000 }, (_, at) => random(at * run)),
    ),
  );
  const [x, ...columns] = align(lines);
  expect(x).toHaveLength(2 * BUCKETS);
  expect(x.every((place, at) => at === 0 || place > (x[at - 1] as number))).toBe(true);
  expect(Math.max(...(columns[3] ?? []).map((value) => value ?? 0))).toBe(
    Math.max(...((lines[3] as ReturnType<typeof line>).y as number[])),
  );
});

test("few points, and lines with the same places, stay as they are", () => {
  expect(align([line([0, 1], [1, 2]), line([1, 2], [3, 4])])[0]).toEqual([0, 1, 2]);
  const x = Array.from({ length: 5000 }, (_, at) => at);
  expect(align([line(x, x), line(x, x)])[0]).toBe(x);
});
