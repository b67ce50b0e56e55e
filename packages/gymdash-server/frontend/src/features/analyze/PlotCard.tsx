/** One stat of all shown runs: detail, overview, and the media along its time line. */

import { Alert, useComputedColorScheme } from "@mantine/core";
import { useMemo, useRef, useState } from "react";
import type { Run } from "@/api/client";
import type { Look } from "@/charts/options";
import { type Box, Plot } from "@/charts/Plot";
import { headOf } from "@/lib/compose";
import { PLOT_SIZES } from "@/lib/plotSize";
import { extentOf } from "@/lib/ranges";
import { highlight, useHighlight } from "@/ui/highlight";
import { saveCsv, savePng } from "./downloads";
import { MediaMarks } from "./MediaMarks";
import { PlotHeader } from "./PlotHeader";
import type { PlotSettings } from "./settings";
import { useMarkers } from "./useMarkers";
import type { MediaItem, RunStat } from "./useMedia";
import { usePlot, type Zoom } from "./usePlot";

interface Props {
  statKey: string;
  runs: Run[];
  /** The runs that differ by their seed alone, together. */
  groups: Run[][];
  stats: RunStat[];
  media: MediaItem[];
  /** Whether there are media, read or not: their marks have a place from the first, lest what is below moves. */
  hasMedia: boolean;
  color: (id: string) => string;
  settings: PlotSettings;
}

export function PlotCard(props: Props) {
  const { statKey, runs, groups, stats, media, hasMedia, color, settings } = props;
  const refs = useMemo(
    () => stats.filter((stat) => stat.key === statKey && stat.kind === "scalars"),
    [stats, statKey],
  );
  const measures = PLOT_SIZES[settings.size];
  const isSmall = settings.size === "small";
  const [zoom, setZoom] = useState<Zoom>(null);
  const [box, setBox] = useState<Box | null>(null);
  const canvas = useRef<HTMLCanvasElement | null>(null);
  const focused = useHighlight();
  const dark = useComputedColorScheme("light") === "dark";
  const set = useMemo(
    () => (settings.x === "wall" ? null : extentOf(settings.range[settings.x])),
    [settings.x, settings.range],
  );
  const range = zoom ?? set;
  const plot = usePlot(refs, runs, color, settings, groups, range);
  const ids = refs.map((ref) => ref.run);
  const firsts = firstsOf(plot.columns);
  const markers = useMarkers({ runs, ids, color, mode: settings.x, firsts, dark });
  const look: Look = { mode: settings.x, y: settings.y, dark, mini: false, height: measures.detail };
  const reset = () => setZoom(null);
  const zoomTo = (min: number, max: number) => setZoom([min, max]);
  return (
    <article
      className="card"
      style={{ padding: isSmall ? "4px 8px" : "12px 14px", position: "relative" }}
      aria-label={statKey}
    >
      <PlotHeader
        title={statKey}
        isSmall={isSmall}
        shown={plot.shown}
        total={plot.total}
        isReading={plot.isReading}
        onReset={zoom && reset}
        onCsv={() => saveCsv(statKey, plot, runs)}
        onPng={() => savePng(statKey, plot, canvas.current, dark)}
      />
      {plot.error && (
        <Alert color="red" p="xs">
          {plot.error}
        </Alert>
      )}
      <Plot
        label={`${statKey}, detail`}
        data={plot.detail}
        strokes={plot.strokes}
        look={look}
        range={range}
        yRange={extentOf(settings.range.y)}
        focused={headOf(
          focused,
          groups,
          plot.strokes.map((stroke) => stroke.run),
        )}
        note={plot.note}
        markers={markers}
        onZoom={zoomTo}
        onReset={reset}
        onFocus={highlight}
        onBox={(now) => setBox((known) => (sameBox(known, now) ? known : now))}
        onCanvas={(made) => {
          canvas.current = made;
        }}
      />
      {hasMedia && (
        <MediaMarks
          media={media}
          runs={runs}
          ids={ids}
          mode={settings.x}
          box={box}
          zoomTo={zoomTo}
          firsts={firsts}
          isWhole={range === null}
        />
      )}
      {measures.overview > 0 && (
        <Plot
          label={`${statKey}, overview`}
          data={plot.overview}
          strokes={plot.overviewStrokes}
          look={{ ...look, mini: true, height: measures.overview }}
          range={range}
          left={box?.left}
          focused={null}
          onZoom={zoomTo}
          onReset={reset}
        />
      )}
    </article>
  );
}

function sameBox(a: Box | null, b: Box): boolean {
  return a !== null && a.left === b.left && a.width === b.width && a.min === b.min && a.max === b.max;
}

/** When each run's line begins, for relative time. */
function firstsOf(columns: { ref: { run: string }; columns: { wall: number[] } }[]): Record<string, number> {
  return Object.fromEntries(columns.map(({ ref, columns: { wall } }) => [ref.run, wall[0] ?? 0]));
}
