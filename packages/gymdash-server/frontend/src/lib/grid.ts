/** Lines with more points than a plot has pixels, on a grid of places that all of them share; no spike is lost. */

import type { Aligned, Line } from "./align";

/** Buckets of the grid; each has two places, for the lowest and the highest value in it. */
export const BUCKETS = 600;

interface Range {
  min: number;
  width: number;
  buckets: number;
}

export function onGrid(lines: Line[], buckets = BUCKETS): Aligned {
  const min = Math.min(...lines.map((line) => line.x[0] ?? Number.POSITIVE_INFINITY));
  const max = Math.max(...lines.map((line) => line.x.at(-1) ?? Number.NEGATIVE_INFINITY));
  const width = (max - min) / buckets || 1;
  const x = Array.from({ length: 2 * buckets }, (_, at) => min + width * (at / 2 + 0.25));
  return [x, ...lines.map((line) => columnOf(line, { min, width, buckets }))];
}

/** In each bucket the extremes in their order; null where it has gaps alone, undefined where it has nothing. */
function columnOf({ x, y }: Line, { min, width, buckets }: Range): (number | null | undefined)[] {
  const column: (number | null | undefined)[] = new Array(2 * buckets).fill(undefined);
  for (let at = 0; at < x.length; ) {
    const bucket = Math.min(buckets - 1, Math.floor(((x[at] as number) - min) / width));
    const end = bucket === buckets - 1 ? Number.POSITIVE_INFINITY : min + (bucket + 1) * width;
    let low = -1;
    let high = -1;
    const first = at;
    do {
      const value = y[at];
      if (value != null) {
        if (low < 0 || value < (y[low] as number)) low = at;
        if (high < 0 || value > (y[high] as number)) high = at;
      }
      at++;
    } while (at < x.length && at > first && (x[at] as number) < end);
    column[2 * bucket] = low < 0 ? null : (y[Math.min(low, high)] as number);
    if (low !== high) column[2 * bucket + 1] = y[Math.max(low, high)] as number;
  }
  return column;
}
