/** From points of runs to the lines of a plot. */

import { drawable, type Line, type XMode, xOf } from "./align";
import { withoutRepeated } from "./attempts";
import { asNumbers, type Columns } from "./series";
import { type Smoothing, smooth } from "./smoothing";

export interface Drawn {
  raw: Line;
  /** Absent where nothing is smoothed. */
  smooth?: Line;
}

export function lineOf(columns: Columns, mode: XMode, isLog: boolean, smoothing: Smoothing): Drawn {
  const { step, wall, value } = mode === "step" ? withoutRepeated(columns) : columns;
  const raw = drawable(xOf(step, wall, mode), asNumbers(value), isLog);
  if (smoothing.kind === "none") return { raw };
  const values = smooth(
    raw.y.map((value) => value ?? Number.NaN),
    smoothing,
  );
  return { raw, smooth: { x: raw.x, y: values.map((value) => (Number.isFinite(value) ? value : null)) } };
}

/** The steps that lie in a range of the axis, to ask the server for them. */
export function stepsWithin(
  columns: Columns,
  mode: XMode,
  min: number,
  max: number,
): [number, number] | null {
  if (mode === "step") return [Math.floor(min), Math.ceil(max)];
  const x = xOf(columns.step, columns.wall, mode);
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < x.length; at++) {
    if ((x[at] as number) < min || (x[at] as number) > max) continue;
    low = Math.min(low, columns.step[at] as number);
    high = Math.max(high, columns.step[at] as number);
  }
  return low <= high ? [low, high] : null;
}
