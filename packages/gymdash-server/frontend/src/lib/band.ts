/** The mean of several lines, with a band around it. */

import type { Line } from "./align";

export type Spread = "minmax" | "std";

export interface Band {
  x: number[];
  mean: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
}

/** A band has no more places than a plot has pixels; of places that are joined the extremes stay. */
export const MOST_PLACES = 2000;

/**
 * The band of lines: between the lowest and the highest, or a standard deviation (that of a sample) around the mean.
 *
 * At an x where a line has no point, its value is on the straight line between its neighbours; before its beginning,
 * behind its end and in its gaps it does not count.
 */
export function bandOf(lines: Line[], spread: Spread, isLog = false): Band {
  const x = mergedX(lines);
  const columns = lines.map((line) => valuesAt(line, x));
  const band: Band = { x, mean: [], low: [], high: [] };
  for (let at = 0; at < x.length; at++) {
    const values: number[] = [];
    for (const column of columns) {
      const value = column[at];
      if (value !== null && value !== undefined) values.push(value);
    }
    const { mean, low, high } = summary(values, spread, isLog);
    band.mean.push(mean);
    band.low.push(low);
    band.high.push(high);
  }
  return x.length > MOST_PLACES ? thinned(band) : band;
}

function summary(values: number[], spread: Spread, isLog: boolean) {
  if (!values.length) return { mean: null, low: null, high: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const min = Math.min(...values);
  if (spread === "minmax") return { mean, low: min, high: Math.max(...values) };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(1, values.length - 1));
  // A logarithmic axis has no place for what is not above zero.
  return { mean, low: isLog && mean <= deviation ? min : mean - deviation, high: mean + deviation };
}

function mergedX(lines: Line[]): number[] {
  const first = lines[0]?.x ?? [];
  if (
    lines.every(({ x }) => x === first || (x.length === first.length && x.every((at, n) => at === first[n])))
  )
    return first;
  const all = Float64Array.from(lines.flatMap((line) => line.x)).sort();
  const merged: number[] = [];
  for (const at of all) if (merged[merged.length - 1] !== at) merged.push(at);
  return merged;
}

/** Values of a line at places that rise and hold all of its own. */
export function valuesAt(line: Line, x: number[]): (number | null)[] {
  let next = 0;
  return x.map((at) => {
    while (next < line.x.length && (line.x[next] as number) < at) next++;
    if (line.x[next] === at) return line.y[next] ?? null;
    const [before, after] = [line.y[next - 1], line.y[next]];
    if (before === null || before === undefined || after === null || after === undefined) return null;
    const [left, right] = [line.x[next - 1] as number, line.x[next] as number];
    return before + ((after - before) * (at - left)) / (right - left);
  });
}

function thinned(band: Band): Band {
  const size = Math.ceil(band.x.length / MOST_PLACES);
  const found: Band = { x: [], mean: [], low: [], high: [] };
  for (let begin = 0; begin < band.x.length; begin += size) {
    const part = (column: (number | null)[]) =>
      column.slice(begin, begin + size).filter((value): value is number => value !== null);
    const means = part(band.mean);
    found.x.push(band.x[begin] as number);
    found.mean.push(means.length ? means.reduce((sum, value) => sum + value, 0) / means.length : null);
    found.low.push(means.length ? Math.min(...part(band.low)) : null);
    found.high.push(means.length ? Math.max(...part(band.high)) : null);
  }
  return found;
}
