/** One plot: uPlot, made anew when its lines change and only fed when their points do. */

import { useEffect, useRef } from "react";
import uPlot from "uplot";
import type { Aligned } from "@/lib/align";
import { type Look, type Marker, optionsOf, type Stroke } from "./options";
import { showTooltip } from "./tooltip";

/** Where the plot's area is, in pixels of its element, and what it shows. */
export interface Box {
  left: number;
  width: number;
  min: number;
  max: number;
}

interface Props {
  label: string;
  data: Aligned;
  strokes: Stroke[];
  look: Look;
  range: [number, number] | null;
  focused: string | null;
  markers?: Marker[];
  onZoom: (min: number, max: number) => void;
  onReset: () => void;
  onFocus?: (run: string | null) => void;
  onBox?: (box: Box) => void;
}

export function Plot(props: Props) {
  const { label, data, strokes, look, range, focused } = props;
  const host = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
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
          markers: () => now.current.markers ?? [],
          onZoom: (min, max) => now.current.onZoom(min, max),
          onReset: () => now.current.onReset(),
          onFocus: (run) => now.current.onFocus?.(run),
          onDraw: (drawn) => tellBox(drawn, now.current),
        },
        parent.clientWidth || 400,
      ),
      now.current.data as uPlot.AlignedData,
      parent,
    );
    plot.current = made;
    const move = () => {
      if (tip.current && !look.mini) showTooltip(tip.current, made, strokes, look.mode, now.current.focused);
    };
    made.over.addEventListener("pointermove", move);
    made.over.addEventListener("pointerleave", () => {
      if (tip.current) tip.current.style.display = "none";
      now.current.onFocus?.(null);
    });
    const resized = new ResizeObserver(() =>
      made.setSize({ width: parent.clientWidth || 400, height: look.height }),
    );
    resized.observe(parent);
    return () => {
      resized.disconnect();
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
  }, [range, shape, look.mini]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: likewise
  useEffect(() => {
    const at = strokes.findIndex((stroke) => stroke.run === focused && stroke.told);
    plot.current?.setSeries(at < 0 ? null : at + 1, { focus: true }, false);
  }, [focused, shape]);

  return (
    <div className="chart" role="img" aria-label={label}>
      <div ref={host} />
      <div ref={tip} className="chart-tip" aria-hidden="true" />
    </div>
  );
}

function tellBox(plot: uPlot, { onBox }: Props): void {
  const { min, max } = plot.scales.x as { min?: number | null; max?: number | null };
  if (onBox && min != null && max != null) {
    onBox({ left: plot.bbox.left / uPlot.pxRatio, width: plot.bbox.width / uPlot.pxRatio, min, max });
  }
}

/** The overview shows everything, and where the detail is. */
function showRange(plot: uPlot, range: [number, number] | null): void {
  if (!range) {
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    return;
  }
  const left = Math.max(0, plot.valToPos(range[0], "x"));
  const right = Math.min(plot.over.clientWidth, plot.valToPos(range[1], "x"));
  plot.setSelect({ left, top: 0, width: Math.max(2, right - left), height: plot.over.clientHeight }, false);
}
