/** The marks of one plot: what happened to its runs, in their colours, and the step that somebody has pointed out. */

import { useMemo } from "react";
import type { Run } from "@/api/client";
import { useRunMarkers } from "@/api/markers";
import type { Marker } from "@/charts/options";
import { formatNumber } from "@/lib/format";
import { useChosenStep } from "@/ui/chosenStep";
import type { PlotSettings } from "./settings";

interface Shown {
  runs: Run[];
  /** Ids of those that have the stat. */
  ids: string[];
  color: (id: string) => string;
  mode: PlotSettings["x"];
  firsts: Record<string, number>;
  dark: boolean;
}

export function useMarkers({ runs, ids, color, mode, firsts, dark }: Shown): Marker[] {
  const having = runs.filter(({ id }) => ids.includes(id));
  const names = JSON.stringify(having.map(({ id, name, attempt }) => [id, name, attempt]));
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs change with every step, what counts of them seldom
  const shown = useMemo(() => having, [names]);
  const happened = useRunMarkers(shown, mode, firsts);
  const step = useChosenStep();
  const colors = ids.map(color).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours say all that counts of color
  return useMemo(() => {
    const found: Marker[] = happened.map(({ run, ...marker }) => ({ ...marker, color: color(run) }));
    if (step !== null && mode === "step") {
      const label = `step ${formatNumber(step)} is pointed out`;
      found.push({ x: step, color: dark ? "#e6e8ea" : "#1a1d20", label });
    }
    return found;
  }, [happened, step, mode, dark, colors]);
}
