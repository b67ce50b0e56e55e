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

export function barsOf({ edges, counts }: Histogram): Bar[] {
  const first = edges[0] ?? 0;
  const span = (edges[edges.length - 1] ?? 1) - first || 1;
  const most = Math.max(1, ...counts);
  return counts.map((count, at) => ({
    left: ((edges[at] ?? first) - first) / span,
    width: ((edges[at + 1] ?? first) - (edges[at] ?? first)) / span,
    height: count / most,
  }));
}
