/** The value of a line nearest to a place of the axis that it may not have a point at. */

const FARTHEST = 200;

export function nearestIndex(column: (number | null | undefined)[], at: number): number | null {
  for (let away = 0; away <= FARTHEST; away++) {
    if (typeof column[at - away] === "number") return at - away;
    if (typeof column[at + away] === "number") return at + away;
  }
  return null;
}
