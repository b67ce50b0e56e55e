/** The tooltip of a plot: step, value and run, in elements of its own so that it moves without drawing the page. */

import type uPlot from "uplot";
import type { XMode } from "@/lib/align";
import { partsOfName } from "@/lib/cut";
import { formatNumber } from "@/lib/format";
import { isSeen, nearestIndex } from "./nearest";
import { type Marker, type Stroke, xText } from "./options";

const MOST = 12;
const MOST_MARKERS = 6;
const NEAR_PX = 7;
/** A line that has no point so near is told with the place of its nearest one. */
const FAR_PX = 12;
/** Between the pointer and the tooltip, which stays within the plot. */
const GAP_PX = 14;
const MOST_PX = 440;

export function showTooltip(
  box: HTMLElement,
  plot: uPlot,
  strokes: Stroke[],
  mode: XMode,
  focused: string | null,
  markers: Marker[],
): void {
  const { idx, left = -1, top = 0 } = plot.cursor;
  const x = idx === null || idx === undefined ? undefined : plot.data[0][idx];
  if (idx === null || idx === undefined || x === undefined || left < 0) {
    box.style.display = "none";
    return;
  }
  const near = markers
    .filter((marker) => marker.label && Math.abs(plot.valToPos(marker.x, "x") - left) < NEAR_PX)
    .slice(0, MOST_MARKERS);
  const rows = strokes.flatMap((stroke, at) => {
    if (!stroke.told) return [];
    const column = (plot.data[at + 1] ?? []) as (number | null | undefined)[];
    const near = nearestIndex(column, idx);
    const place = near === null ? undefined : plot.data[0][near];
    if (
      near === null ||
      place === undefined ||
      !isSeen(plot.data[0] as number[], column, near, shownOf(plot))
    )
      return [];
    const isElsewhere = Math.abs(plot.valToPos(place, "x") - left) > FAR_PX;
    const text = valueText(plot, at, near, stroke) + (isElsewhere ? ` at ${placeText(place, mode)}` : "");
    return [{ stroke, value: column[near] as number, text }];
  });
  rows.sort(
    (a, b) => Number(b.stroke.run === focused) - Number(a.stroke.run === focused) || b.value - a.value,
  );
  box.replaceChildren(
    line("", placeText(x, mode), "", true),
    ...rows
      .slice(0, MOST)
      .map(({ stroke, text }) => line(stroke.color, stroke.label, text, stroke.run === focused)),
    ...(rows.length > MOST ? [line("", `and ${rows.length - MOST} more`, "", false)] : []),
    ...near.map((marker) => line(marker.color, marker.label ?? "", "", false)),
  );
  box.style.display = rows.length || near.length ? "block" : "none";
  const offset = plot.over.offsetLeft;
  const isRight = left > plot.over.clientWidth / 2;
  box.style.left = isRight ? "" : `${offset + left + GAP_PX}px`;
  box.style.right = isRight ? `${plot.root.clientWidth - offset - left + GAP_PX}px` : "";
  const room = isRight ? offset + left - GAP_PX : plot.root.clientWidth - offset - left - GAP_PX;
  box.style.maxWidth = `${Math.min(MOST_PX, room)}px`;
  box.style.top = `${Math.max(0, top - 10)}px`;
}

/** What the axis shows. */
function shownOf(plot: uPlot): [number, number] {
  const { min, max } = plot.scales.x as { min?: number | null; max?: number | null };
  return [min ?? Number.NEGATIVE_INFINITY, max ?? Number.POSITIVE_INFINITY];
}

function placeText(x: number, mode: XMode): string {
  return mode === "step" ? `step ${xText(x, mode)}` : xText(x, mode);
}

/** A value; of a mean also the edges of its band there. */
function valueText(plot: uPlot, at: number, near: number, { edges }: Stroke): string {
  const text = (place: number) => {
    const value = plot.data[place + 1]?.[near];
    return typeof value === "number" ? formatNumber(value) : "?";
  };
  return edges ? `${text(at)} (${text(edges[0])} to ${text(edges[1])})` : text(at);
}

function line(color: string, name: string, value: string, bold: boolean): HTMLElement {
  const row = document.createElement("div");
  row.className = "chart-tip-row numbers";
  if (bold) row.style.fontWeight = "600";
  const dot = document.createElement("span");
  if (color) {
    dot.className = "dot";
    dot.style.background = color;
  }
  const label = document.createElement("span");
  label.className = "cut";
  label.title = name;
  label.append(...partsOfName(name).map((part, at) => partOf(part, at ? "cut-tail" : "cut-head")));
  const number = document.createElement("span");
  number.textContent = value;
  row.append(dot, label, number);
  return row;
}

function partOf(text: string, className: string): HTMLElement {
  const part = document.createElement("span");
  part.className = className;
  part.textContent = text;
  return part;
}
