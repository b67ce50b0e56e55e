/** The room that labels of an axis need. */

const CHARACTER_PX = 6.4;
const LEAST_PX = 8;
const MOST_PX = 40;
const GAP_PX = 14;
const LEAST_AXIS_PX = 46;
const MOST_AXIS_PX = 170;

/** Beside the plot: the last label stands below the edge, and half of it beyond. */
export function rightRoom(label: string): number {
  const half = Math.ceil((label.length * CHARACTER_PX) / 2) + 2;
  return Math.min(MOST_PX, Math.max(LEAST_PX, half));
}

/** Left of the plot: its longest label, with what stands between that and the plot. */
export function leftRoom(labels: string[], measure: (label: string) => number): number {
  const widest = labels.reduce((found, label) => Math.max(found, measure(label)), 0);
  return Math.min(MOST_AXIS_PX, Math.max(LEAST_AXIS_PX, Math.ceil(widest) + GAP_PX));
}

/** From one label of the horizontal axis to the next. */
export function labelSpace(labels: string[], least: number): number {
  return Math.max(least, ...labels.map((label) => Math.ceil(label.length * CHARACTER_PX) + GAP_PX));
}
