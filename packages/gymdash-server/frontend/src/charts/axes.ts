/** The axes of a plot: distances of their ticks, labels, and the room that these take. */

import type uPlot from "uplot";
import {
  DISTANCES,
  logTexts,
  TIME_DISTANCES,
  ticksOf,
  tickTexts,
  timeTexts,
  WHOLE_DISTANCES,
} from "@/lib/ticks";
import type { Look } from "./options";
import { labelSpace, leftRoom } from "./room";

const ONE_LINE_PX = 28;
const TWO_LINES_PX = 42;
/** Room for a label of the axis: a date with its time is the longest. */
const TICK_PX = 50;
const DATE_PX = 96;
const TICK_MARK_PX = 4;
const FONT = "11px system-ui, sans-serif";

/** The horizontal axis, then the vertical one; an overview has labels at neither, and begins where its plot does. */
export function axesOf(look: Look, left: () => number): uPlot.Axis[] {
  const grid = { stroke: look.dark ? "rgba(255,255,255,0.07)" : "rgba(0,0,0,0.07)", width: 1 };
  const ink = look.dark ? "#9aa2aa" : "#5b656e";
  const common = { stroke: ink, grid, ticks: { ...grid, size: TICK_MARK_PX }, font: FONT };
  if (look.mini) {
    const bare = { ...common, values: () => [], grid: { show: false }, ticks: { show: false } };
    return [{ show: false }, { ...bare, size: left }];
  }
  return [
    { ...common, ...horizontal(look) },
    { ...common, ...vertical(look) },
  ];
}

function horizontal({ mode }: Look): uPlot.Axis {
  if (mode === "wall") return { size: TWO_LINES_PX, space: DATE_PX };
  const texts = mode === "relative" ? timeTexts : tickTexts;
  return {
    size: ONE_LINE_PX,
    incrs: mode === "relative" ? TIME_DISTANCES : WHOLE_DISTANCES,
    space: (_, __, min, max) => labelSpace(texts(ticksOf(min, max, 0)), TICK_PX),
    values: (_, ticks) => texts(ticks),
  };
}

function vertical({ y }: Look): uPlot.Axis {
  const size = (plot: uPlot, labels: string[] | null) => leftRoom(labels ?? [], measured(plot));
  if (y !== "linear") return { size, incrs: DISTANCES, values: (_, ticks) => logTexts(ticks) };
  return {
    size,
    incrs: DISTANCES,
    splits: (_, __, min, max, distance) => ticksOf(min, max, distance),
    values: (_, ticks) => tickTexts(ticks),
  };
}

/** Widths of labels in the pixels of the page, whatever those of the canvas are. */
function measured({ ctx }: uPlot): (label: string) => number {
  return (label) => {
    const before = ctx.font;
    ctx.font = FONT;
    const { width } = ctx.measureText(label);
    ctx.font = before;
    return width;
  };
}
