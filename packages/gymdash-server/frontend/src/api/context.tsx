/** Gives the page its live data. */

import { createContext, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import type { Live } from "./live";
import { nameOf, type SeriesState, type StatRef } from "./seriesStore";
import type { ConnectionState } from "./stream";

const LiveContext = createContext<Live | null>(null);
export const LiveProvider = LiveContext.Provider;

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error("useLive needs a LiveProvider");
  return live;
}

export function useConnection(): ConnectionState {
  const { stream } = useLive();
  return useSyncExternalStore(stream.subscribe, stream.getState);
}

/** Points of several stats, kept up to date while the component is there. */
export function useSeries(refs: StatRef[]): SeriesState[] {
  const { series } = useLive();
  const names = refs.map(nameOf).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the names say all that counts of the refs
  const stable = useMemo(() => refs, [names]);
  useEffect(() => {
    const leave = stable.map((ref) => series.watch(ref));
    return () => {
      for (const left of leave) left();
    };
  }, [series, stable]);
  const read = useMemo(() => {
    let last: SeriesState[] = [];
    return () => {
      const now = stable.map((ref) => series.get(ref));
      if (now.length !== last.length || now.some((state, at) => state !== last[at])) last = now;
      return last;
    };
  }, [series, stable]);
  return useSyncExternalStore(series.subscribe, read);
}
