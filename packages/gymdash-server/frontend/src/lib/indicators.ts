/** Multimedia indicators: marks on the time line, those that would touch gathered to a span. */

/** So many gaps a span is wide at most. */
const WIDEST = 3;

export interface Mark<T> {
  x: number;
  item: T;
}

export interface Span<T> {
  from: number;
  to: number;
  items: T[];
}

/**
 * Gather marks in a range; `gap` is the distance, in x, below which two belong together.
 *
 * A span is not wider than a few of them, so that many media do not become one. With `whole` those beyond the range
 * stand at its edges, gathered as if they were there: media from before the first point of a plot, or from after its
 * last one.
 */
export function gather<T>(marks: Mark<T>[], min: number, max: number, gap: number, whole = false): Span<T>[] {
  const placed = (x: number) => Math.max(min, Math.min(max, x));
  const spans: Span<T>[] = [];
  for (const { x, item } of [...marks].sort((a, b) => a.x - b.x)) {
    if (!whole && (x < min || x > max)) continue;
    const last = spans[spans.length - 1];
    const isNear = last && placed(x) - placed(last.to) < gap && placed(x) - placed(last.from) < WIDEST * gap;
    if (last && isNear) {
      last.to = x;
      last.items.push(item);
    } else spans.push({ from: x, to: x, items: [item] });
  }
  return spans;
}

/** Where an x is between two others, from 0 to 1. */
export function fraction(x: number, min: number, max: number): number {
  return max > min ? Math.max(0, Math.min(1, (x - min) / (max - min))) : 0.5;
}
