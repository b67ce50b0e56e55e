/** The lines of one plot: live points, or those of the window that is zoomed to, with what has come since. */

import { useMemo } from "react";
import type { Run } from "@/api/client";
import { useSeries } from "@/api/context";
import type { StatRef } from "@/api/seriesStore";
import type { Stroke } from "@/charts/options";
import type { Aligned } from "@/lib/align";
import { compose, type Part, placesOf } from "@/lib/compose";
import { lineOf, stepsWithin } from "@/lib/lines";
import type { Extent } from "@/lib/ranges";
import { groupName } from "@/lib/seeds";
import { type Columns, withTail } from "@/lib/series";
import { whyEmpty } from "@/lib/whyEmpty";
import type { PlotSettings } from "./settings";
import { useWindows } from "./useWindows";

export type Zoom = Extent | null;

export interface PlotData {
  detail: Aligned;
  overview: Aligned;
  strokes: Stroke[];
  overviewStrokes: Stroke[];
  shown: number;
  total: number;
  isReading: boolean;
  error: string | undefined;
  /** Why nothing is drawn. */
  note: string | null;
  columns: { ref: StatRef; columns: Columns }[];
}

export function usePlot(
  refs: StatRef[],
  runs: Run[],
  color: (id: string) => string,
  settings: PlotSettings,
  groups: Run[][],
  zoom: Zoom,
): PlotData {
  const states = useSeries(refs);
  const windows = useWindows(refs, states, settings.x, zoom);
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
  const spread = settings.seeds === "each" ? null : settings.seeds;
  const names = useMemo(() => columns.map(({ ref }) => ref.run), [columns]);
  const places = useMemo(
    () => (spread ? placesOf(names, groups) : names.map((_, at) => [at])),
    [names, groups, spread],
  );
  const detail = useMemo(() => compose(drawn, places, spread, isLog), [drawn, places, spread, isLog]);
  const overview = useMemo(() => {
    const raw = { ...settings.smoothing, kind: "none" as const };
    const whole = zoom ? columns.map(({ live }) => lineOf(live, settings.x, isLog, raw)) : drawn;
    return compose(
      whole.map((line) => ({ raw: line.raw })),
      places,
      spread,
      isLog,
    );
  }, [columns, drawn, places, spread, zoom, settings.x, isLog, settings.smoothing]);
  const total = states.reduce((sum, state) => sum + (state.series?.total ?? 0), 0);
  const isReading = states.some((state) => !state.series && !state.error);
  const note = useMemo(() => {
    const found = {
      data: detail.data,
      columns: columns.map((item) => item.columns),
      total,
      isLog,
      range: zoom,
    };
    return isReading ? null : whyEmpty(found);
  }, [detail, columns, total, isLog, zoom, isReading]);
  const strokesOf = (parts: Part[]) =>
    parts.map((part): Stroke => {
      const run = names[part.member] ?? "";
      const group = spread ? (groups.find((found) => found.some(({ id }) => id === run)) ?? []) : [];
      const name = runs.find(({ id }) => id === run)?.name ?? run;
      return strokeOf(part, run, part.count > 1 ? groupName(group.map((one) => one.name)) : name, color(run));
    });
  return {
    detail: detail.data,
    overview: overview.data,
    strokes: strokesOf(detail.parts),
    overviewStrokes: strokesOf(overview.parts),
    columns,
    shown: columns.reduce((sum, item) => sum + item.columns.step.length, 0),
    total,
    isReading,
    note,
    error: states.find((state) => state.error)?.error,
  };
}

/** How a part is drawn: the edges of a band are seen by what is between them alone. */
function strokeOf({ role, count, edges }: Part, run: string, name: string, color: string): Stroke {
  return {
    run,
    label: count > 1 ? `${name}, mean of ${count}` : name,
    color,
    width: role === "edge" ? 0 : role === "faint" ? 1 : 1.3,
    alpha: role === "faint" ? 0.28 : 1,
    told: role === "line",
    ...(edges && { edges }),
  };
}
