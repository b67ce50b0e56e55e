/** Points of one stat, merged from snapshots and the live stream by ordinal: each point once, in file order. */

export interface MediaValue {
  url: string | null;
  media_type: string;
  size: number;
}

/** What the points route answers and what a `points` event holds, as far as merging needs it. */
export interface PointsPart {
  series: string;
  from: number;
  to: number;
  total?: number;
  cursor?: string;
  step?: number[] | null;
  wall_time?: (number | string)[] | null;
  attempt?: number[] | null;
  value?: unknown[] | null;
  points?: (MediaValue & { step: number; wall_time: number | string; attempt: number })[] | null;
}

export interface Columns {
  step: number[];
  wall: number[];
  attempt: number[];
  value: unknown[];
}

export interface Series extends Columns {
  /** Id of the sequence of ordinals. */
  id: string;
  /** Ordinal behind the last point that is known. */
  to: number;
  /** Where a reading goes on that continues the last answer. */
  cursor: string;
  /** How many points the stat has; more than are here where they were thinned out. */
  total: number;
  /** The first points are a snapshot of all ordinals below this one. */
  snapshotTo: number;
  snapshotLength: number;
}

export type Merge =
  | { kind: "same" | "grown"; series: Series }
  /** Points between are missing: read from the cursor on. */
  | { kind: "gap" }
  /** The ordinals have begun anew: read everything again. */
  | { kind: "other" };

const NAMES: Record<string, number> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

/** A number that JSON cannot hold comes by its name. */
export function asNumber(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && value in NAMES ? (NAMES[value] as number) : Number.NaN;
}

/** Numbers as they are, and those that JSON cannot hold by their names; a column of numbers alone is not copied. */
export function asNumbers(values: unknown[]): number[] {
  return values.every((value) => typeof value === "number") ? (values as number[]) : values.map(asNumber);
}

function columnsOf(part: PointsPart): Columns {
  if (part.points) {
    return {
      step: part.points.map((p) => p.step),
      wall: part.points.map((p) => asNumber(p.wall_time)),
      attempt: part.points.map((p) => p.attempt),
      value: part.points.map(({ url, media_type, size }) => ({ url, media_type, size })),
    };
  }
  return {
    step: part.step ?? [],
    wall: asNumbers(part.wall_time ?? []),
    attempt: part.attempt ?? [],
    value: part.value ?? [],
  };
}

export function fromAnswer(part: PointsPart): Series {
  const columns = columnsOf(part);
  return {
    ...columns,
    id: part.series,
    to: part.to,
    cursor: part.cursor ?? "",
    total: part.total ?? part.to - part.from,
    snapshotTo: part.to,
    snapshotLength: columns.step.length,
  };
}

/** Merge an event, or a further page of an answer. Ordinals that are known are skipped. */
export function merge(series: Series, part: PointsPart): Merge {
  if (part.series !== series.id) return { kind: "other" };
  const cursor = part.cursor ?? series.cursor;
  if (part.to <= series.to) return { kind: "same", series: { ...series, cursor } };
  if (part.from > series.to) return { kind: "gap" };
  const columns = columnsOf(part);
  const known = series.to - part.from;
  return {
    kind: "grown",
    series: {
      ...series,
      cursor,
      to: part.to,
      total: series.total + (part.to - series.to),
      step: series.step.concat(columns.step.slice(known)),
      wall: series.wall.concat(columns.wall.slice(known)),
      attempt: series.attempt.concat(columns.attempt.slice(known)),
      value: series.value.concat(columns.value.slice(known)),
    },
  };
}

/** The points from an ordinal on, as far as they came after the snapshot. */
export function tailFrom(series: Series, ordinal: number): Columns {
  const begin = series.snapshotLength + Math.max(0, ordinal - series.snapshotTo);
  return {
    step: series.step.slice(begin),
    wall: series.wall.slice(begin),
    attempt: series.attempt.slice(begin),
    value: series.value.slice(begin),
  };
}

/** Join a window that was asked for with what came since; steps outside of the window are left out. */
export function withTail(window: Series, live: Series | undefined, start: number, end: number): Columns {
  if (!live || live.id !== window.id || live.to <= window.to) return window;
  const tail = tailFrom(live, window.to);
  const keep = tail.step.map((step) => step >= start && step <= end);
  const kept = <T>(column: T[]) => column.filter((_, at) => keep[at]);
  return {
    step: window.step.concat(kept(tail.step)),
    wall: window.wall.concat(kept(tail.wall)),
    attempt: window.attempt.concat(kept(tail.attempt)),
    value: window.value.concat(kept(tail.value)),
  };
}
