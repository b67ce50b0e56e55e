/** The options of a plot, from what a card wants to show. */

import uPlot from "uplot";
import type { XMode } from "@/lib/align";
import { formatDuration, formatNumber } from "@/lib/format";

export interface Stroke {
  /** Which run it belongs to; several lines may belong to one. */
  run: string;
  label: string;
  color: string;
  width: number;
  alpha: number;
  /** Whether the tooltip names it. */
  told: boolean;
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
}

/** Distances of the scale: linear, logarithmic, or symmetric around zero. */
const DISTRIBUTION: Record<YScale, uPlot.Scale.Distr> = { linear: 1, log: 3, symlog: 4 };
const NEAR_PX = 24;
const ONE_LINE_PX = 28;
const TWO_LINES_PX = 42;

export interface Live {
  range: () => [number, number] | null;
  markers: () => Marker[];
  onZoom: (min: number, max: number) => void;
  onReset: () => void;
  onFocus: (run: string | null) => void;
  onDraw: (plot: uPlot) => void;
}

export function optionsOf(strokes: Stroke[], look: Look, live: Live, width: number): uPlot.Options {
  const ink = look.dark ? "#9aa2aa" : "#5b656e";
  const grid = { stroke: look.dark ? "rgba(255,255,255,0.07)" : "rgba(0,0,0,0.07)", width: 1 };
  const axis = { stroke: ink, grid, ticks: { ...grid, size: 4 }, font: "11px system-ui, sans-serif" };
  return {
    width,
    height: look.height,
    padding: look.mini ? [2, 0, 2, 0] : [8, 8, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: true, y: false, setScale: false },
      focus: { prox: look.mini ? -1 : NEAR_PX },
      points: { show: !look.mini, size: 6 },
      y: false,
      bind: {
        dblclick: () => () => {
          live.onReset();
          return null;
        },
      },
    },
    focus: { alpha: 0.22 },
    scales: {
      x: {
        time: look.mode === "wall",
        range: (_, min, max) => xRange(look.mini ? null : live.range(), min, max),
      },
      y: {
        distr: DISTRIBUTION[look.y],
        ...(look.y === "linear" && { range: (_, min, max) => yRange(min, max) }),
      },
    },
    axes: look.mini
      ? [
          { show: false },
          { show: true, size: 58, ...axis, values: () => [], grid: { show: false }, ticks: { show: false } },
        ]
      : [
          {
            ...axis,
            size: look.mode === "wall" ? TWO_LINES_PX : ONE_LINE_PX,
            ...(look.mode !== "wall" && {
              values: (_, ticks) => ticks.map((tick) => xText(tick, look.mode)),
            }),
          },
          {
            ...axis,
            size: 58,
            values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : formatNumber(tick))),
          },
        ],
    series: [
      {},
      ...strokes.map((stroke) => ({
        label: stroke.label,
        stroke: stroke.color,
        width: stroke.width,
        alpha: stroke.alpha,
        points: { show: look.mini ? false : undefined, size: 4 },
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
      draw: [(plot) => drawMarkers(plot, live.markers()), live.onDraw],
    },
  };
}

function isDragging(plot: uPlot): boolean {
  return Boolean(plot.cursor.event);
}

function xRange(asked: [number, number] | null, min: number | null, max: number | null): [number, number] {
  if (asked) return asked;
  if (min === null || max === null) return [0, 1];
  return min === max ? [min - 1, max + 1] : [min, max];
}

function yRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1];
  const room = (max - min || Math.abs(max) || 1) * 0.07;
  return [min - room, max + room];
}

export function xText(x: number, mode: XMode): string {
  if (mode === "relative") return formatDuration(x);
  return mode === "wall" ? new Date(x * 1000).toLocaleString() : formatNumber(x);
}

/** What was done to a run, as dashed lines. */
function drawMarkers(plot: uPlot, markers: Marker[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.setLineDash([4, 4]);
  ctx.lineWidth = uPlot.pxRatio;
  for (const { x, color } of markers) {
    const place = Math.round(plot.valToPos(x, "x", true));
    if (place < bbox.left || place > bbox.left + bbox.width) continue;
    ctx.strokeStyle = color;
    ctx.beginPath();
    ctx.moveTo(place, bbox.top);
    ctx.lineTo(place, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
