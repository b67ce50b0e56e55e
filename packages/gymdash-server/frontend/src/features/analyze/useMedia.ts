/** The media of the selected runs, as marks on the time line and as items of the panel. */

import { useMemo } from "react";
import { useSeries } from "@/api/context";
import type { StatRef } from "@/api/seriesStore";

export interface MediaItem {
  id: string;
  run: string;
  key: string;
  kind: string;
  step: number;
  wall: number;
  value: unknown;
}

export interface RunStat extends StatRef {
  count: number;
}

export function useMedia(stats: RunStat[]): MediaItem[] {
  const refs = useMemo(() => stats.filter((stat) => stat.kind !== "scalars"), [stats]);
  const states = useSeries(refs);
  return useMemo(
    () =>
      states.flatMap(({ series }, at) => {
        const ref = refs[at];
        if (!series || !ref) return [];
        return series.step.map((step, place) => ({
          id: `${ref.run}/${ref.kind}/${ref.key}/${place}`,
          run: ref.run,
          key: ref.key,
          kind: ref.kind,
          step,
          wall: series.wall[place] as number,
          value: series.value[place],
        }));
      }),
    [states, refs],
  );
}
