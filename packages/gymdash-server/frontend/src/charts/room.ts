/** The room that the last label of an axis needs beside its plot: it stands below the edge, and half of it beyond. */

const CHARACTER_PX = 6.4;
const LEAST_PX = 8;
const MOST_PX = 40;

export function rightRoom(label: string): number {
  const half = Math.ceil((label.length * CHARACTER_PX) / 2) + 2;
  return Math.min(MOST_PX, Math.max(LEAST_PX, half));
}
