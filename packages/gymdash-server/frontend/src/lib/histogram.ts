/** Histograms as bars. */

export interface Histogram {
  edges: number[];
  counts: number[];
}

export interface Bar {
  /** Left border and width, as parts of the whole. */
  left: number;
  width: number;
  height: number;
}

export function isHistogram(value: unknown): value is Histogram {
  const found = value as Histogram | null;
  return typeof value === "object" && Array.isArray(found?.edges) && Array.isArray(found?.counts);
}

/** Bars whose areas are the counts, since bins may be of different widths; the highest is one. */
export function barsOf({ edges, counts }: Histogram): Bar[] {
  const first = edges[0] ?? 0;
  const span = (edges[edges.length - 1] ?? 1) - first || 1;
  const bars = counts.map((count, at) => {
    const left = ((edges[at] ?? first) - first) / span;
    const width = ((edges[at + 1] ?? first) - (edges[at] ?? first)) / span;
    return { left, width, density: width > 0 ? count / width : 0 };
  });
  const most = bars.reduce((found, bar) => Math.max(found, bar.density), 0) || 1;
  return bars.map(({ left, width, density }) => ({ left, width, height: density / most }));
}
