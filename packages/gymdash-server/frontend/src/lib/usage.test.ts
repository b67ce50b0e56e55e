import { expect, test } from "vitest";
import { usageColumns } from "./usage";

test("bytes are mebibytes", () => {
  const sample = { time: 5, cpu_percent: 150, memory_bytes: 2 * 1024 ** 2, gpu_memory_bytes: 0 };
  expect(usageColumns([sample])).toEqual({ time: [5], cpu: [150], memory: [2], gpu: [0] });
});
