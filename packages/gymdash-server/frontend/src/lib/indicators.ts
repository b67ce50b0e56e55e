/** Multimedia indicators: marks on the time line, those that would touch gathered to a span. */

export interface Mark<T> {
  x: number;
  item: T;
}

export interface Span<T> {
  from: number;
  to: number;
  items: T[];
}

/** Gather marks in a range; `gap` is the distance, in x, below which two belong together. */
export function gather<T>(marks: Mark<T>[], min: number, max: number, gap: number): Span<T>[] {
  const spans: Span<T>[] = [];
  for (const { x, item } of [...marks].sort((a, b) => a.x - b.x)) {
    if (x < min || x > max) continue;
    const last = spans[spans.length - 1];
    if (last && x - last.to < gap) {
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
