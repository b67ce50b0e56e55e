/** The runs that the filter lets through. */

import { useIsFetching } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Run } from "@/api/client";
import { LAST_VALUES, useLastValues } from "@/api/lastValues";
import { useTypes } from "@/api/queries";
import { passes, readFilter, statsIn } from "@/lib/runFilter";

export function useFound(runs: Run[], words: string, states: string[]): { found: Run[]; isReading: boolean } {
  const types = useTypes().data;
  const filter = useMemo(() => readFilter(words), [words]);
  const told = useMemo(() => {
    const defaults = new Map(types?.map((type) => [type.key, type.defaults]));
    return runs.map((run) => ({
      run,
      texts: [run.name, run.key, run.id, run.notes, JSON.stringify(run.kwargs), ...run.tags],
      kwargs: run.kwargs,
      defaults: defaults.get(run.key),
    }));
  }, [runs, types]);
  const stats = useMemo(() => statsIn(filter, told), [filter, told]);
  const values = useLastValues(stats);
  const isReading = useIsFetching({ queryKey: [LAST_VALUES, stats] }) > 0 && stats.length > 0;
  const found = useMemo(
    () =>
      told
        .filter((item) => !states.length || states.includes(item.run.state))
        .filter((item) => passes(filter, { ...item, values: values.get(item.run.id) }))
        .map(({ run }) => run),
    [told, filter, states, values],
  );
  return { found, isReading };
}
