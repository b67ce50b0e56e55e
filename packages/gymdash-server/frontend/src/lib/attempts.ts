/** The attempts of a run on the axis of a plot: where each begins, and which points a later one repeats. */

import type { XMode } from "./align";
import type { Columns } from "./series";

export interface AttemptInfo {
  attempt: number;
  started: string | null;
  first_step: number | null;
}

export interface AttemptStart {
  attempt: number;
  x: number;
}

/** Where attempts begin, from the second on; `first` is the time of the line's first point. */
export function attemptStarts(attempts: AttemptInfo[], mode: XMode, first: number): AttemptStart[] {
  return attempts
    .filter(({ attempt }) => attempt > 1)
    .flatMap(({ attempt, started, first_step }) => {
      const time = started === null ? Number.NaN : Date.parse(started) / 1000;
      const x = mode === "step" ? (first_step ?? Number.NaN) : mode === "wall" ? time : time - first;
      return Number.isFinite(x) ? [{ attempt, x }] : [];
    });
}

/** Leave out what a later attempt repeats: steps at or behind its first one. The data keeps them; a line would run twice. */
export function withoutRepeated<T extends Pick<Columns, "step" | "attempt" | "wall" | "value">>(
  columns: T,
): Columns {
  const firsts = firstSteps(columns);
  if (firsts.size < 2) return columns;
  const limits = new Map<number, number>();
  let limit = Number.POSITIVE_INFINITY;
  for (const attempt of [...firsts.keys()].sort((a, b) => b - a)) {
    limits.set(attempt, limit);
    limit = Math.min(limit, firsts.get(attempt) as number);
  }
  const isKept = columns.step.map((step, at) => step < (limits.get(columns.attempt[at] as number) as number));
  if (isKept.every(Boolean)) return columns;
  const kept = <V>(column: V[]) => column.filter((_, at) => isKept[at]);
  return {
    step: kept(columns.step),
    wall: kept(columns.wall),
    attempt: kept(columns.attempt),
    value: kept(columns.value),
  };
}

function firstSteps({ step, attempt }: Pick<Columns, "step" | "attempt">): Map<number, number> {
  const firsts = new Map<number, number>();
  for (let at = 0; at < step.length; ) {
    const number = attempt[at] as number;
    let first = firsts.get(number) ?? Number.POSITIVE_INFINITY;
    // Points of an attempt stand together: the map is asked once for all of them.
    for (; at < step.length && attempt[at] === number; at++) first = Math.min(first, step[at] as number);
    firsts.set(number, first);
  }
  return firsts;
}
