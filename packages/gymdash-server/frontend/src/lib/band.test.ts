import { expect, test } from "vitest";
import { bandOf, MOST_PLACES, valuesAt } from "./band";

const line = (x: number[], y: (number | null)[]) => ({ x, y });

test("a band lies between the lowest and the highest", () => {
  const band = bandOf([line([0, 1], [1, 2]), line([0, 1], [3, 8]), line([0, 1], [2, 5])], "minmax");
  expect(band).toEqual({ x: [0, 1], mean: [2, 5], low: [1, 2], high: [3, 8] });
});

test("a band is the standard deviation of a sample on each side", () => {
  const { mean, low, high } = bandOf([line([0], [2]), line([0], [4]), line([0], [6])], "std");
  expect([mean, low, high]).toEqual([[4], [2], [6]]);
  expect(bandOf([line([0], [2])], "std")).toEqual({ x: [0], mean: [2], low: [2], high: [2] });
});

test("lines of other places are read between their points, and nowhere else", () => {
  const band = bandOf([line([0, 4], [0, 4]), line([2, 6], [10, 14])], "minmax");
  expect(band.x).toEqual([0, 2, 4, 6]);
  expect(band.mean).toEqual([0, 6, 8, 14]);
  expect(band.low).toEqual([0, 2, 4, 14]);
});

test("gaps do not count", () => {
  expect(valuesAt(line([0, 2, 4], [1, null, 3]), [0, 1, 2, 3, 4])).toEqual([1, null, null, null, 3]);
  expect(bandOf([line([0, 1], [1, null]), line([0, 1], [3, null])], "minmax").mean).toEqual([2, null]);
});

test("a logarithmic axis has a lower edge above zero", () => {
  const lines = [line([0], [1]), line([0], [100])];
  expect(bandOf(lines, "std").low[0]).toBeLessThan(0);
  expect(bandOf(lines, "std", true).low[0]).toBe(1);
});

test("a spike stays where places are joined", () => {
  const x = Array.from({ length: 10 * MOST_PLACES }, (_, at) => at);
  const flat = line(
    x,
    x.map(() => 1),
  );
  const spiked = line(
    x,
    x.map((at) => (at === 7777 ? 500 : 1)),
  );
  const band = bandOf([flat, spiked], "minmax");
  expect(band.x.length).toBeLessThanOrEqual(MOST_PLACES);
  expect(Math.max(...(band.high as number[]))).toBe(500);
});

test("nothing has an empty band", () => {
  expect(bandOf([], "std")).toEqual({ x: [], mean: [], low: [], high: [] });
});
