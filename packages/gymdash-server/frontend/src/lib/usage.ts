/** Samples of what a run uses, as columns. */

import { asNumber } from "./series";

interface Sample {
  time: unknown;
  cpu_percent: unknown;
  memory_bytes: number;
  gpu_memory_bytes: number;
}

const MIB = 1024 ** 2;

export function usageColumns(samples: Sample[]): {
  time: number[];
  cpu: number[];
  memory: number[];
  gpu: number[];
} {
  return {
    time: samples.map((sample) => asNumber(sample.time)),
    cpu: samples.map((sample) => asNumber(sample.cpu_percent)),
    memory: samples.map((sample) => sample.memory_bytes / MIB),
    gpu: samples.map((sample) => sample.gpu_memory_bytes / MIB),
  };
}
