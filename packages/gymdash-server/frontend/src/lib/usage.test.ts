import { expect, test } from "vitest";
import { isToBeThinned, joinedSamples, usageColumns } from "./usage";

const MIB = 1024 ** 2;
const sample = (time: number | string, cpu: number | string = 10) => ({
  time,
  cpu_percent: cpu,
  memory_bytes: 2 * MIB,
  gpu_memory_bytes: 0,
});

test("bytes are mebibytes", () => {
  expect(usageColumns([sample(5, 150)])).toEqual({ time: [5], cpu: [150], memory: [2], gpu: [0] });
});

test("a history is followed by what is newer, each sample once", () => {
  expect(joinedSamples([sample(1), sample(2)], [sample(2), sample(3)])).toEqual([
    sample(1),
    sample(2),
    sample(3),
  ]);
  expect(joinedSamples([], [sample(3)])).toEqual([sample(3)]);
  expect(joinedSamples([sample(1)], [])).toEqual([sample(1)]);
});

test("a time in which nothing was measured is a gap", () => {
  const columns = usageColumns([1, 2, 3, 1003, 1004].map((time) => sample(time)));
  expect(columns.time).toEqual([1, 2, 3, 503, 1003, 1004]);
  expect(columns.cpu).toEqual([10, 10, 10, null, 10, 10]);
});

test("time rises, also where a clock was set back", () => {
  expect(usageColumns([sample(1), sample(5), sample(2), sample(6)]).time).toEqual([1, 5, 6]);
});

test("only what a plot has no use for is thinned out", () => {
  expect(isToBeThinned(undefined)).toBe(false);
  expect(isToBeThinned(new Array(4000))).toBe(false);
  expect(isToBeThinned(new Array(4001))).toBe(true);
});
