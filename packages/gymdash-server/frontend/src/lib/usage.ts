/** Samples of what a run uses: history and live ones joined, and as columns. */

import { asNumber } from "./series";

interface Sample {
  time: unknown;
  cpu_percent: unknown;
  memory_bytes: number;
  gpu_memory_bytes: number;
}

const MIB = 1024 ** 2;
/** More samples than a plot has use for: they are thinned out anew. */
const MOST = 4000;
/** A pause so many times as long as usual is a gap: nothing was measured. */
const GAP = 12;

type Column = (number | null)[];

export interface UsageColumns {
  time: number[];
  cpu: Column;
  memory: Column;
  gpu: Column;
}

/** A history, and what has come since: samples that are newer than its last one. */
export function joinedSamples<T extends { time: unknown }>(history: T[], live: T[]): T[] {
  const last = history.at(-1);
  if (!last) return live;
  return [...history, ...live.filter((sample) => asNumber(sample.time) > asNumber(last.time))];
}

export const isToBeThinned = (samples: unknown[] | undefined): boolean =>
  samples !== undefined && samples.length > MOST;

/** Columns over time; between attempts, where nothing was measured, they have a gap. */
export function usageColumns(samples: Sample[]): UsageColumns {
  const columns: UsageColumns = { time: [], cpu: [], memory: [], gpu: [] };
  const times = samples.map((sample) => asNumber(sample.time));
  const longest = GAP * median(times.slice(1).map((time, at) => time - (times[at] as number)));
  samples.forEach((sample, at) => {
    const time = times[at] as number;
    const before = columns.time.at(-1);
    if (before !== undefined && time <= before) return;
    if (before !== undefined && time - before > longest) add(columns, (before + time) / 2, null, null, null);
    const { cpu_percent, memory_bytes, gpu_memory_bytes } = sample;
    add(columns, time, asNumber(cpu_percent), memory_bytes / MIB, gpu_memory_bytes / MIB);
  });
  return columns;
}

function add(
  columns: UsageColumns,
  time: number,
  cpu: number | null,
  memory: number | null,
  gpu: number | null,
): void {
  columns.time.push(time);
  columns.cpu.push(cpu);
  columns.memory.push(memory);
  columns.gpu.push(gpu);
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
