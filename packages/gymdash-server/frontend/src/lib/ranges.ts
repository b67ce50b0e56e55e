/** Ranges of axes: what somebody has set, open on either side, and what the data has. */

export type Range = [number | null, number | null];
export type Extent = [number, number];

export const OPEN: Range = [null, null];

export const isOpen = ([from, to]: Range): boolean => from === null && to === null;

/** A range as an extent, infinite where it is open; null where it is open on both sides, or holds nothing. */
export function extentOf(range: Range): Extent | null {
  if (isOpen(range)) return null;
  const extent: Extent = [range[0] ?? Number.NEGATIVE_INFINITY, range[1] ?? Number.POSITIVE_INFINITY];
  return extent[0] < extent[1] ? extent : null;
}

/** What is shown: the extent that is asked for, and what the data has where that is infinite. */
export function shownExtent(asked: Extent | null, data: Extent): Extent {
  if (!asked) return data;
  const from = Number.isFinite(asked[0]) ? asked[0] : Math.min(data[0], asked[1]);
  const to = Number.isFinite(asked[1]) ? asked[1] : Math.max(data[1], asked[0]);
  return from < to ? [from, to] : [from - 1, to + 1];
}

/** The same for a logarithmic axis, which has nothing at zero or below. */
export function shownLogExtent(asked: Extent | null, data: Extent): Extent {
  const [from, to] = shownExtent(asked, data);
  return to > 0 ? [from > 0 ? from : Math.min(data[0], to / 10), to] : data;
}

/** A number that somebody has typed; null for nothing. */
export function typed(value: number | string): number | null {
  return value === "" || !Number.isFinite(Number(value)) ? null : Number(value);
}
