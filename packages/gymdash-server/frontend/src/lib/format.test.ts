import { expect, test } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  percentDone,
  progressText,
  secondsBetween,
} from "./format";

test("numbers are short and honest", () => {
  expect(formatNumber(0.0000123456)).toBe("1.235e-5");
  expect(formatNumber(0.00001)).toBe("1e-5");
  expect(formatNumber(0.0001)).toBe("0.0001");
  expect(formatNumber(1234567)).toBe("1,234,567");
  expect(formatNumber(0.123456)).toBe("0.12346");
  expect(formatNumber(Number.NaN)).toBe("NaN");
  expect(formatNumber(null)).toBe("");
});

test("counts, durations and sizes have units", () => {
  expect(formatCount(1200)).toBe("1,200");
  expect(formatCount(4_100_000)).toBe("4.1 M");
  expect(formatDuration(59.6)).toBe("1 min 0 s");
  expect(formatDuration(90000)).toBe("1 d 1 h");
  expect(formatBytes(1536)).toBe("1.5 KiB");
});

test("progress without an end has no percentage", () => {
  expect(percentDone({ current: 5, total: null })).toBeNull();
  expect(percentDone({ current: 5, total: 0 })).toBeNull();
  expect(percentDone({ current: 5, total: 10 })).toBe(50);
});

test("what goes on is measured to now", () => {
  expect(secondsBetween("2026-01-01T00:00:00Z", null, Date.parse("2026-01-01T00:00:09Z"))).toBe(9);
});

test("progress is told in its own units, also where the end is not known", () => {
  expect(progressText({ current: 1200, total: 5000 })).toBe("1,200 of 5,000");
  expect(progressText({ current: 12, total: null })).toBe("12");
});
