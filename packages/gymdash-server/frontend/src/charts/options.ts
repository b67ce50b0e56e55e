/** The options of a plot, from what a card wants to show. */

import uPlot from "uplot";
import type { XMode } from "@/lib/align";
import { formatDuration, formatNumber } from "@/lib/format";
import { type Extent, shownExtent, shownLogExtent } from "@/lib/ranges";
import { axesOf } from "./axes";
import { dotsOf } from "./dots";
import { rightRoom } from "./room";

export interface Stroke {
  /** Which run it belongs to; several lines may belong to one. */
  run: string;
  label: string;
  color: string;
  width: number;
  alpha: number;
  /** Whether the tooltip names it. */
  told: boolean;
  /** Of a mean: the places of the lower and the upper edge of its band among the strokes. */
  edges?: [number, number];
}

export type YScale = "linear" | "log" | "symlog";

export interface Look {
  mode: XMode;
  y: YScale;
  dark: boolean;
  mini: boolean;
  height: number;
}

export interface Marker {
  x: number;
  color: string;
  /** What the tooltip says near it. */
  label?: string;
  /** Written beside its upper end; it is a whole line then, and a dashed one otherwise. */
  flag?: string;
}

/** Distances of the scale: linear, logarithmic, or symmetric around zero. */
const DISTRIBUTION: Record<YScale, uPlot.Scale.Distr> = { linear: 1, log: 3, symlog: 4 };
/** What is left of lines while another run is highlighted. */
export const DIMMED = 0.22;
const NEAR_PX = 24;
const LOG_BASE = 10;
const BAND_ALPHA = "2e";
const FLAG_PX = 10;
const DOT_EVERY_PX = 12;

/** Pixels from the upper left corner of the area of a plot. */
export interface Pointer {
  left: number;
  top: number;
}

export interface Live {
  range: () => Extent | null;
  yRange: () => Extent | null;
  markers: () => Marker[];
  /** Where the area of an overview begins: where that of its plot does. */
  left: () => number;
  /** Where the pointer rested on the plot that this one takes the place of; null where it did not. */
  pointer: Pointer | null;
  onZoom: (min: number, max: number) => void;
  onReset: () => void;
  onFocus: (run: string | null) => void;
  onDraw: (plot: uPlot) => void;
  /** The pointer is somewhere else, or the same place of the screen shows something else. */
  onCursor: (plot: uPlot) => void;
}

export function optionsOf(strokes: Stroke[], look: Look, live: Live, width: number): uPlot.Options {
  return {
    width,
    height: look.height,
    padding: [look.mini ? 2 : 8, (plot) => rightOf(plot, look.mode), look.mini ? 2 : 0, 0],
    legend: { show: false },
    cursor: {
      ...live.pointer,
      drag: { x: true, y: false, setScale: false },
      focus: {
        prox: look.mini ? -1 : NEAR_PX,
        dist: (_, at, __, value, here) => distance(strokes[at - 1], value, here),
      },
      points: { show: !look.mini, size: 6 },
      y: false,
      bind: {
        dblclick: () => () => {
          live.onReset();
          return null;
        },
      },
    },
    focus: { alpha: DIMMED },
    scales: {
      x: {
        time: look.mode === "wall",
        range: (plot, min, max) => xRange(look.mini ? null : live.range(), ...onlyX(plot, min, max)),
      },
      y: {
        distr: DISTRIBUTION[look.y],
        range: (_, min, max) => yRange(look.y, look.mini ? null : live.yRange(), min, max),
      },
    },
    bands: strokes.flatMap(({ edges, color }) =>
      edges ? [{ series: [edges[1] + 1, edges[0] + 1], fill: color + BAND_ALPHA }] : [],
    ),
    axes: axesOf(look, live.left),
    series: [
      {},
      ...strokes.map((stroke) => ({
        label: stroke.label,
        stroke: stroke.color,
        width: stroke.width,
        alpha: stroke.alpha,
        points: {
          show: false,
          size: 5,
          fill: stroke.color,
          filter: (plot: uPlot, at: number) => (stroke.width === 0 ? null : dotsOnScreen(plot, at, look)),
        },
      })),
    ],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < 4 || (look.mini && !isDragging(plot))) return;
          live.onZoom(plot.posToVal(left, "x"), plot.posToVal(left + wide, "x"));
          if (!look.mini) plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      setSeries: [(_, at) => live.onFocus(at === null ? null : (strokes[at - 1]?.run ?? null))],
      setCursor: [live.onCursor],
      draw: [(plot) => drawMarkers(plot, live.markers()), live.onDraw, live.onCursor],
    },
  };
}

/** How far a line is from the pointer: what no tooltip names cannot be pointed at. */
function distance(stroke: Stroke | undefined, value: number, pointer: number): number {
  return stroke?.told ? Math.abs(value - pointer) : Number.POSITIVE_INFINITY;
}

/** uPlot takes a list of dots, or null for none. */
function dotsOnScreen(plot: uPlot, at: number, look: Look): number[] | null {
  const [from, to] = plot.series[0]?.idxs ?? [0, -1];
  const found = dotsOf(plot.data[at] ?? [], from, to, look.mini ? 1 : plot.width / DOT_EVERY_PX);
  return found.length ? found : null;
}

/** A time of day has its label in two lines, of which the longer one is a date; another time has several units. */
const TIME = "10:10:10pm";

function rightOf(plot: uPlot, mode: XMode): number {
  const { max } = plot.scales.x as { max?: number | null };
  return rightRoom(mode === "step" && max != null ? xText(max, mode) : TIME);
}

function isDragging(plot: uPlot): boolean {
  return Boolean(plot.cursor.event);
}

/** Around a single point uPlot would leave room on one side alone. */
function onlyX(plot: uPlot, min: number | null, max: number | null): [number | null, number | null] {
  const [only, another] = plot.data[0];
  return only === undefined || another !== undefined ? [min, max] : [only, only];
}

function xRange(asked: Extent | null, min: number | null, max: number | null): Extent {
  const has: Extent = min === null || max === null ? [0, 1] : min === max ? [min - 1, max + 1] : [min, max];
  return shownExtent(asked, has);
}

function yRange(scale: YScale, asked: Extent | null, min: number | null, max: number | null): Extent {
  if (min === null || max === null)
    return scale === "log" ? shownLogExtent(asked, [1, 10]) : shownExtent(asked, [0, 1]);
  if (scale === "log") return shownLogExtent(asked, uPlot.rangeLog(min, max, LOG_BASE, true) as Extent);
  if (scale === "symlog") return shownExtent(asked, uPlot.rangeAsinh(min, max, LOG_BASE, true) as Extent);
  const room = (max - min || Math.abs(max) || 1) * 0.07;
  return shownExtent(asked, [min - room, max + room]);
}

export function xText(x: number, mode: XMode): string {
  if (mode === "relative") return formatDuration(x);
  return mode === "wall" ? new Date(x * 1000).toLocaleString() : formatNumber(x);
}

/** What was done to a run, as dashed lines, and what happened to it, as whole ones with a flag. */
function drawMarkers(plot: uPlot, markers: Marker[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.lineWidth = uPlot.pxRatio;
  ctx.font = `600 ${FLAG_PX * uPlot.pxRatio}px system-ui, sans-serif`;
  for (const { x, color, flag } of markers) {
    const place = Math.round(plot.valToPos(x, "x", true));
    if (place < bbox.left || place > bbox.left + bbox.width) continue;
    ctx.strokeStyle = color;
    ctx.setLineDash(flag ? [] : [4, 4]);
    ctx.beginPath();
    ctx.moveTo(place, bbox.top);
    ctx.lineTo(place, bbox.top + bbox.height);
    ctx.stroke();
    if (!flag) continue;
    ctx.fillStyle = color;
    ctx.textBaseline = "top";
    ctx.textAlign = "left";
    ctx.fillText(flag, place + 3 * uPlot.pxRatio, bbox.top);
  }
  ctx.restore();
}
