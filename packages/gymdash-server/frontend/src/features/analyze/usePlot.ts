/** The lines of one plot: live points, or those of the window that is zoomed to, with what has come since. */

import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Run } from "@/api/client";
import { useSeries } from "@/api/context";
import { readPoints } from "@/api/live";
import type { SeriesState, StatRef } from "@/api/seriesStore";
import type { Stroke } from "@/charts/options";
import type { Aligned } from "@/lib/align";
import { joined, lineOf, stepsWithin } from "@/lib/lines";
import { type Columns, fromAnswer, type Series, withTail } from "@/lib/series";
import type { PlotSettings } from "./settings";

const WINDOW_POINTS = 4000;
export type Zoom = [number, number] | null;

export interface PlotData {
  detail: Aligned;
  overview: Aligned;
  strokes: Stroke[];
  overviewStrokes: Stroke[];
  shown: number;
  total: number;
  isReading: boolean;
  error: string | undefined;
  columns: { ref: StatRef; columns: Columns }[];
}

export function usePlot(
  refs: StatRef[],
  runs: Run[],
  color: (id: string) => string,
  settings: PlotSettings,
  zoom: Zoom,
): PlotData {
  const states = useSeries(refs);
  const windows = useWindows(refs, states, settings, zoom);
  const columns = useMemo(
    () =>
      refs.flatMap((ref, at) => {
        const live = states[at]?.series;
        const window = windows[at];
        if (!live) return [];
        const steps = zoom && window ? stepsWithin(live, settings.x, ...zoom) : null;
        return [{ ref, columns: steps && window ? withTail(window, live, ...steps) : live, live }];
      }),
    [refs, zoom, settings.x, states, windows],
  );
  const isLog = settings.y === "log";
  const drawn = useMemo(
    () => columns.map((item) => lineOf(item.columns, settings.x, isLog, settings.smoothing)),
    [columns, settings.x, isLog, settings.smoothing],
  );
  const detail = useMemo(() => joined(drawn), [drawn]);
  const overview = useMemo(
    () =>
      zoom
        ? joined(
            columns.map(({ live }) =>
              lineOf(live, settings.x, isLog, { ...settings.smoothing, kind: "none" }),
            ),
          )
        : joined(drawn.map(({ raw }) => ({ raw }))),
    [columns, drawn, zoom, settings.x, isLog, settings.smoothing],
  );
  const nameOf = (id: string) => runs.find((run) => run.id === id)?.name ?? id;
  const stroke = (ref: StatRef, faint: boolean): Stroke => ({
    run: ref.run,
    label: nameOf(ref.run),
    color: color(ref.run),
    width: faint ? 1 : 1.3,
    alpha: faint ? 0.28 : 1,
    told: !faint,
  });
  const strong = columns.map(({ ref }) => stroke(ref, false));
  const faint = columns.filter((_, at) => drawn[at]?.smooth).map(({ ref }) => stroke(ref, true));
  return {
    detail,
    overview,
    strokes: [...faint, ...strong],
    overviewStrokes: strong,
    columns,
    shown: columns.reduce((sum, item) => sum + item.columns.step.length, 0),
    total: states.reduce((sum, state) => sum + (state.series?.total ?? 0), 0),
    isReading: states.some((state) => !state.series && !state.error),
    error: states.find((state) => state.error)?.error,
  };
}

const dataOf = (answers: { data: Series | undefined }[]) => answers.map((answer) => answer.data);

/** Ask the server for the points of the window, so that a zoom shows more than the overview has. */
function useWindows(
  refs: StatRef[],
  states: SeriesState[],
  settings: PlotSettings,
  zoom: Zoom,
): (Series | undefined)[] {
  return useQueries({
    queries: refs.map((ref, at) => {
      const live = states[at]?.series;
      const isThin = live !== undefined && live.step.length < live.total;
      const steps = zoom && live && isThin ? stepsWithin(live, settings.x, ...zoom) : null;
      return {
        queryKey: ["window", ref.run, ref.kind, ref.key, steps],
        enabled: steps !== null,
        gcTime: 60_000,
        queryFn: async () => {
          const [start, end] = steps ?? [0, 0];
          return fromAnswer(await readPoints(ref, { start, end, max_points: WINDOW_POINTS }));
        },
      };
    }),
    combine: dataOf,
  });
}
