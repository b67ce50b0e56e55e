/** One plot: uPlot, made anew when its lines change and only fed when their points do. */

import { useEffect, useRef } from "react";
import uPlot from "uplot";
import type { Aligned } from "@/lib/align";
import type { Extent } from "@/lib/ranges";
import { focusOn, showRange } from "./emphasis";
import { type Look, type Marker, optionsOf, type Pointer, type Stroke } from "./options";
import { showTooltip } from "./tooltip";

/** Where the plot's area is, in pixels of its element, and what it shows. */
export interface Box {
  left: number;
  width: number;
  min: number;
  max: number;
}

/** Where an overview begins while nobody knows where its plot does. */
const LEFT_PX = 58;

interface Props {
  label: string;
  data: Aligned;
  strokes: Stroke[];
  look: Look;
  /** What is shown; null for all, infinite on a side for all that is there. */
  range: Extent | null;
  yRange?: Extent | null;
  focused: string | null;
  /** Why nothing is drawn. */
  note?: string | null;
  markers?: Marker[];
  /** Of an overview: where the area of its plot begins, in pixels. */
  left?: number | undefined;
  onZoom: (min: number, max: number) => void;
  onReset: () => void;
  onFocus?: (run: string | null) => void;
  onBox?: (box: Box) => void;
  /** The canvas that it is drawn on, for pictures of it. */
  onCanvas?: (canvas: HTMLCanvasElement) => void;
}

export function Plot(props: Props) {
  const { label, data, strokes, look, range, yRange, focused, note, markers, left } = props;
  const host = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const pointer = useRef<Pointer | null>(null);
  const now = useRef(props);
  now.current = props;
  const shape = JSON.stringify([strokes, look]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape says all that counts of strokes and look
  useEffect(() => {
    const parent = host.current;
    if (!parent) return;
    const made = new uPlot(
      optionsOf(
        strokes,
        look,
        {
          range: () => now.current.range,
          yRange: () => now.current.yRange ?? null,
          markers: () => now.current.markers ?? [],
          left: () => now.current.left ?? LEFT_PX,
          pointer: pointer.current,
          onZoom: (min, max) => now.current.onZoom(min, max),
          onReset: () => now.current.onReset(),
          onFocus: (run) => now.current.onFocus?.(run),
          onDraw: (drawn) => tellBox(drawn, now.current),
          onCursor: (pointed) => {
            const { focused, markers = [] } = now.current;
            if (tip.current && !look.mini)
              showTooltip(tip.current, pointed, strokes, look.mode, focused, markers);
          },
        },
        parent.clientWidth || 400,
      ),
      now.current.data as uPlot.AlignedData,
      parent,
    );
    plot.current = made;
    now.current.onCanvas?.(made.ctx.canvas);
    made.over.addEventListener("pointerleave", () => now.current.onFocus?.(null));
    const resized = new ResizeObserver(() =>
      made.setSize({ width: parent.clientWidth || 400, height: look.height }),
    );
    resized.observe(parent);
    return () => {
      resized.disconnect();
      pointer.current = pointerOn(made);
      made.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(data as uPlot.AlignedData);
  }, [data]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a plot that was made anew is shown its range again
  useEffect(() => {
    const made = plot.current;
    if (!made) return;
    if (look.mini) showRange(made, range);
    else made.setData(made.data);
  }, [range, yRange?.[0], yRange?.[1], shape, look.mini]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: markers are drawn from what is current
  useEffect(() => plot.current?.redraw(false), [markers]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: likewise
  useEffect(() => plot.current?.redraw(false, true), [left]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: likewise
  useEffect(() => {
    if (plot.current) focusOn(plot.current, strokes, focused);
  }, [focused, shape]);

  return (
    <div className="chart">
      <div ref={host} role="img" aria-label={label} />
      {note && <p className="chart-note">{note}</p>}
      <div ref={tip} className="chart-tip" aria-hidden="true" />
    </div>
  );
}

function pointerOn({ cursor: { left = -1, top = -1 } }: uPlot): Pointer | null {
  return left >= 0 && top >= 0 ? { left, top } : null;
}

function tellBox(plot: uPlot, { onBox }: Props): void {
  const { min, max } = plot.scales.x as { min?: number | null; max?: number | null };
  if (onBox && min != null && max != null) {
    onBox({ left: plot.bbox.left / uPlot.pxRatio, width: plot.bbox.width / uPlot.pxRatio, min, max });
  }
}
