import { expect, test } from "vitest";
import { barsOf, barText, isHistogram } from "./histogram";

const looks = (edges: number[], counts: number[]) =>
  barsOf({ edges, counts }).map(({ left, width, height }) => ({ left, width, height }));

test("bars fill the whole, their areas are the counts, the highest is one", () => {
  expect(looks([0, 1, 4], [2, 3])).toEqual([
    { left: 0, width: 0.25, height: 1 },
    { left: 0.25, width: 0.75, height: 0.5 },
  ]);
});

test("a histogram without counts is flat, and one of a single value is a block", () => {
  expect(barsOf({ edges: [0, 1], counts: [0] }).map((bar) => bar.height)).toEqual([0]);
  expect(looks([3, 3], [5])).toEqual([{ left: 0, width: 1, height: 1 }]);
  expect(barsOf({ edges: [], counts: [] })).toEqual([]);
});

test("values in a bin without width are not lost", () => {
  const bars = barsOf({ edges: [1, 1, 2], counts: [5, 60] });
  expect(bars[0]?.count).toBeCloseTo(6);
  expect(bars.at(-1)?.count).toBeCloseTo(1);
});

test("bins as TensorBoard makes them, tiny around zero, show a normal distribution as a bell", () => {
  const limits = Array.from({ length: 320 }, (_, at) => 1e-12 * 1.1 ** at).filter((limit) => limit < 4);
  const edges = [...limits.map((limit) => -limit).reverse(), ...limits];
  const share = (at: number) =>
    Math.exp(-((((edges[at] as number) + (edges[at + 1] as number)) / 2) ** 2) / 2);
  const counts = edges
    .slice(1)
    .map((edge, at) => Math.round(4000 * share(at) * (edge - (edges[at] as number))));
  const inner = counts.findIndex((count) => count > 0);
  counts[limits.length - 1] = 1; // one value happens to lie in the narrowest bin
  expect(inner).toBeLessThan(limits.length - 1);
  const heights = barsOf({ edges, counts }).map((bar) => bar.height);
  const middle = heights.slice(25, 35);
  expect(Math.min(...middle)).toBeGreaterThan(0.6);
  expect(heights[0]).toBeLessThan(0.05);
});

test("all counts are among the bars, however these are made", () => {
  const bars = barsOf({ edges: [0, 0.001, 0.5, 0.503, 10], counts: [4, 7, 0, 11] });
  expect(bars.reduce((sum, bar) => sum + bar.count, 0)).toBeCloseTo(22);
});

test("a bar tells its count and its edges", () => {
  const [bar] = barsOf({ edges: [0, 0.25, 1], counts: [1200, 3] });
  expect(bar && barText(bar)).toBe("1,200 values from 0.00 to 0.25");
  const [one] = barsOf({ edges: [0, 1], counts: [1] });
  expect(one && barText(one)).toBe("1 value from 0 to 1");
  const [same] = barsOf({ edges: [3, 3], counts: [5] });
  expect(same && barText(same)).toBe("5 values, all 3");
  const [part] = barsOf({ edges: [0, 0.001, 1], counts: [0, 100] });
  expect(part && barText(part)).toMatch(/^about 2 values from 0.00/);
});

test("other values are none", () => {
  expect(isHistogram({ edges: [0], counts: [] })).toBe(true);
  expect(isHistogram("text")).toBe(false);
  expect(isHistogram(null)).toBe(false);
});
