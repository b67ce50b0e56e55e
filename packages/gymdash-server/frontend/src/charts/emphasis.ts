/** What of a plot that is drawn already stands out: one run, or one range. */

import type uPlot from "uplot";
import type { Extent } from "@/lib/ranges";
import { DIMMED, type Stroke } from "./options";

/** Dim all but a run's lines; uPlot knows of one line at a time, and a run may have several, or a band. */
export function focusOn(plot: uPlot, strokes: Stroke[], run: string | null): void {
  const at = strokes.findIndex((stroke) => stroke.run === run && stroke.told);
  plot.setSeries(at < 0 ? null : at + 1, { focus: true }, false);
  strokes.forEach((stroke, n) => {
    const series = plot.series[n + 1];
    if (series) series.alpha = at < 0 || stroke.run === run ? stroke.alpha : stroke.alpha * DIMMED;
  });
  plot.redraw(false);
}

/** The overview shows everything, and where the detail is. */
export function showRange(plot: uPlot, range: Extent | null): void {
  if (!range) {
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    return;
  }
  const left = Math.max(0, plot.valToPos(range[0], "x"));
  const right = Math.min(plot.over.clientWidth, plot.valToPos(range[1], "x"));
  plot.setSelect({ left, top: 0, width: Math.max(2, right - left), height: plot.over.clientHeight }, false);
}
