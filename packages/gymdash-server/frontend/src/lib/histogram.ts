/** Histograms as bars. */

import { formatNumber } from "./format";
import { tickTexts } from "./ticks";

export interface Histogram {
  edges: number[];
  counts: number[];
}

export interface Bar {
  /** Left border and width, as parts of the whole. */
  left: number;
  width: number;
  height: number;
  from: number;
  to: number;
  count: number;
}

type Bin = Pick<Bar, "from" | "to" | "count">;

/** Bars narrower than their share of so many would not be seen; of a few values there they would tower over all. */
const MOST_BARS = 60;

export function isHistogram(value: unknown): value is Histogram {
  const found = value as Histogram | null;
  return typeof value === "object" && Array.isArray(found?.edges) && Array.isArray(found?.counts);
}

/** Bars whose areas are the counts, since bins may be of different widths; the highest is one. */
export function barsOf({ edges, counts }: Histogram): Bar[] {
  const first = edges[0] ?? 0;
  const span = (edges[edges.length - 1] ?? 1) - first;
  const bins = counts.map((count, at) => ({ from: edges[at] ?? first, to: edges[at + 1] ?? first, count }));
  if (!(span > 0)) return counts.length ? [whole(bins, first)] : [];
  const least = span / MOST_BARS;
  const isFine = bins.some(({ from, to }) => to - from < least * 0.999);
  const shown = isFine ? spreadOut(bins, first, span) : bins;
  const density = ({ from, to, count }: Bin) => (count / (to - from)) * span;
  const most = shown.reduce((found, bin) => Math.max(found, density(bin)), 0) || 1;
  return shown.map((bin) => ({
    ...bin,
    left: (bin.from - first) / span,
    width: (bin.to - bin.from) / span,
    height: density(bin) / most,
  }));
}

/** All values are the same one. */
function whole(bins: Bin[], at: number): Bar {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  return { left: 0, width: 1, height: count ? 1 : 0, from: at, to: at, count };
}

/** Bins of equal width: each of the given ones is shared out among those that it overlaps. */
function spreadOut(bins: Bin[], first: number, span: number): Bin[] {
  const size = span / MOST_BARS;
  const found = Array.from({ length: MOST_BARS }, (_, at) => ({
    from: first + at * size,
    to: first + (at + 1) * size,
    count: 0,
  }));
  const placeOf = (value: number) => Math.min(MOST_BARS - 1, Math.max(0, Math.floor((value - first) / size)));
  for (const { from, to, count } of bins) {
    for (let at = placeOf(from); at <= placeOf(to); at++) {
      const bin = found[at] as Bin;
      const part = to > from ? (Math.min(to, bin.to) - Math.max(from, bin.from)) / (to - from) : 1;
      bin.count += count * Math.max(0, part);
    }
  }
  return found;
}

/** What a bar stands for. */
export function barText({ from, to, count }: Bar): string {
  const rounded = Math.round(count);
  const many = Math.abs(count - rounded) < 1e-6 ? formatNumber(rounded) : `about ${formatNumber(rounded)}`;
  const values = rounded === 1 ? "value" : "values";
  if (from === to) return `${many} ${values}, all ${formatNumber(from)}`;
  const [low, high] = tickTexts([from, to].map((edge) => Number(edge.toPrecision(4))));
  return `${many} ${values} from ${low} to ${high}`;
}
