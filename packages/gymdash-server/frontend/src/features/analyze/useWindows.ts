/** Finer points of the window that a plot is zoomed to, asked of the server where the whole line was thinned out. */

import { useQueries } from "@tanstack/react-query";
import { readPoints } from "@/api/live";
import type { SeriesState, StatRef } from "@/api/seriesStore";
import { stepsWithin } from "@/lib/lines";
import type { Extent } from "@/lib/ranges";
import { fromAnswer, type Series } from "@/lib/series";
import type { PlotSettings } from "./settings";

const WINDOW_POINTS = 4000;
const KEPT_MS = 60_000;

const dataOf = (answers: { data: Series | undefined }[]) => answers.map((answer) => answer.data);

/** The windows of stats, in their order; undefined where the points that are there are all, or are not read yet. */
export function useWindows(
  refs: StatRef[],
  states: SeriesState[],
  mode: PlotSettings["x"],
  zoom: Extent | null,
): (Series | undefined)[] {
  return useQueries({
    queries: refs.map((ref, at) => {
      const live = states[at]?.series;
      const isThin = live !== undefined && live.step.length < live.total;
      const steps = zoom && live && isThin ? stepsWithin(live, mode, ...zoom) : null;
      return {
        queryKey: ["window", ref.run, ref.kind, ref.key, live?.id, steps],
        enabled: steps !== null,
        gcTime: KEPT_MS,
        queryFn: async () => {
          const [start, end] = (steps ?? [0, 0]).map((step) => (Number.isFinite(step) ? step : undefined));
          return fromAnswer(await readPoints(ref, { start, end, max_points: WINDOW_POINTS }));
        },
      };
    }),
    combine: dataOf,
  });
}
