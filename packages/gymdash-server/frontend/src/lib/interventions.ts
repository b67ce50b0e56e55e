/** Where an intervention stands on the axis of a plot: where it was seen by the simulation, else where it was asked. */

import type { XMode } from "./align";

interface Done {
  step: number | null;
  acknowledged_step: number | null;
  time: string;
  acknowledged: string | null;
}

/** Null where that is not known; `first` is the time of the line's first point. */
export function placeOfIntervention(done: Done, mode: XMode, first: number): number | null {
  if (mode === "step") return done.acknowledged_step ?? done.step;
  const time = Date.parse(done.acknowledged ?? done.time) / 1000;
  if (!Number.isFinite(time)) return null;
  return mode === "wall" ? time : time - first;
}
