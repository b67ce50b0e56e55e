/** Where keys lead in a list. */

/** The place that a key leads to from another one; null for keys that lead nowhere. */
export function placeOfKey(key: string, from: number, count: number, page: number): number | null {
  const to: Record<string, number> = {
    ArrowDown: from + 1,
    ArrowUp: from - 1,
    PageDown: from + page,
    PageUp: from - page,
    Home: 0,
    End: count - 1,
  };
  const place = to[key];
  return place === undefined || !count ? null : Math.max(0, Math.min(count - 1, place));
}
