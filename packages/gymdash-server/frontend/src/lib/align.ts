/** Lines of several runs on one axis, as uPlot wants them: one sorted column of x, and a column of y a line. */

import { BUCKETS, onGrid } from "./grid";

export type XMode = "step" | "relative" | "wall";

export interface Line {
  x: number[];
  y: (number | null)[];
}

export type Aligned = [number[], ...(number | null | undefined)[][]];

/** The x of each point: its step, seconds since the line's first point, or seconds since the epoch. */
export function xOf(step: number[], wall: number[], mode: XMode): number[] {
  if (mode === "step") return step;
  if (mode === "wall") return wall;
  const first = wall.find(Number.isFinite) ?? 0;
  return wall.map((time) => time - first);
}

/** A line fit for drawing: x rises, of several points at an x the last one counts, what is not finite is a gap. */
export function drawable(x: number[], y: number[], log = false): Line {
  if (isFitAlready(x, y, log)) return { x, y };
  const order = isRising(x)
    ? undefined
    : x.map((_, at) => at).sort((a, b) => (x[a] as number) - (x[b] as number) || a - b);
  const line: Line = { x: [], y: [] };
  for (let i = 0; i < x.length; i++) {
    const at = order ? (order[i] as number) : i;
    const place = x[at] as number;
    const value = y[at] as number;
    if (!Number.isFinite(place)) continue;
    const drawn = Number.isFinite(value) && (!log || value > 0) ? value : null;
    if (line.x.length && line.x[line.x.length - 1] === place) line.y[line.y.length - 1] = drawn;
    else {
      line.x.push(place);
      line.y.push(drawn);
    }
  }
  return line;
}

/** Most lines are; nothing is copied then, which counts where hundreds of them grow. */
function isFitAlready(x: number[], y: number[], log: boolean): boolean {
  for (let at = 0; at < x.length; at++) {
    const value = y[at] as number;
    if (!Number.isFinite(x[at]) || !Number.isFinite(value) || (log && value <= 0)) return false;
    if (at && (x[at] as number) <= (x[at - 1] as number)) return false;
  }
  return true;
}

function isRising(x: number[]): boolean {
  for (let at = 1; at < x.length; at++) if ((x[at] as number) < (x[at - 1] as number)) return false;
  return true;
}

/** Join lines; where a line has no point at an x its value is undefined, which is no gap. Long ones share a grid. */
export function align(lines: Line[]): Aligned {
  const first = lines[0];
  if (!first) return [[]];
  if (lines.every((line) => hasSameX(line.x, first.x))) return [first.x, ...lines.map((line) => line.y)];
  const longest = Math.max(...lines.map((line) => line.x.length));
  if (longest > 2 * BUCKETS) return onGrid(lines);
  const all = new Float64Array(lines.reduce((sum, line) => sum + line.x.length, 0));
  let filled = 0;
  for (const line of lines) {
    all.set(line.x, filled);
    filled += line.x.length;
  }
  all.sort();
  const x: number[] = [];
  for (const place of all) if (x[x.length - 1] !== place) x.push(place);
  return [x, ...lines.map((line) => spreadOut(line, x))];
}

function hasSameX(a: number[], b: number[]): boolean {
  return a === b || (a.length === b.length && a.every((place, at) => place === b[at]));
}

function spreadOut(line: Line, x: number[]): (number | null | undefined)[] {
  let at = 0;
  return x.map((place) => (line.x[at] === place ? line.y[at++] : undefined));
}
