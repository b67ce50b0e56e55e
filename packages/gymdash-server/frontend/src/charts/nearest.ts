/** Which points of a line the tooltip tells of: a line need not have one at each place of the axis. */

const FARTHEST = 200;

export function nearestIndex(column: (number | null | undefined)[], at: number): number | null {
  for (let away = 0; away <= FARTHEST; away++) {
    if (typeof column[at - away] === "number") return at - away;
    if (typeof column[at + away] === "number") return at + away;
  }
  return null;
}

/** Whether a line is seen between two places of the axis: its point at `near` is, or what it draws from there. */
export function isSeen(
  places: number[],
  column: (number | null | undefined)[],
  near: number,
  [min, max]: [number, number],
): boolean {
  const place = places[near] as number;
  if (place >= min && place <= max) return true;
  const towards = place < min ? 1 : -1;
  let isJoined = true;
  for (let at = near + towards; at >= 0 && at < column.length; at += towards) {
    const value = column[at];
    if (value === undefined) continue;
    const next = places[at] as number;
    if (value === null) isJoined = false;
    else if (next >= min && next <= max) return true;
    else if (towards > 0 ? next > max : next < min) return isJoined;
    else isJoined = true;
  }
  return false;
}
