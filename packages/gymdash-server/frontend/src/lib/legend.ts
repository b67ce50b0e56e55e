/** The legend of a picture: its entries in rows that fit. */

export interface Place<T> {
  item: T;
  x: number;
  row: number;
}

/** Lay entries out from left to right, in as many rows as it takes; one that is wider than a row has its own. */
export function laidOut<T>(entries: { item: T; width: number }[], width: number, gap: number): Place<T>[] {
  const places: Place<T>[] = [];
  let x = 0;
  let row = 0;
  for (const entry of entries) {
    if (x > 0 && x + entry.width > width) {
      x = 0;
      row++;
    }
    places.push({ item: entry.item, x, row });
    x += entry.width + gap;
  }
  return places;
}
