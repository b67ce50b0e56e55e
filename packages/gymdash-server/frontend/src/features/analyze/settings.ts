/** How plots are drawn, kept by the browser. */

import { useLocalStorage } from "@mantine/hooks";
import { useMemo } from "react";
import type { YScale } from "@/charts/options";
import type { XMode } from "@/lib/align";
import type { Spread } from "@/lib/band";
import type { PlotSize } from "@/lib/plotSize";
import { OPEN, type Range } from "@/lib/ranges";
import type { Smoothing } from "@/lib/smoothing";

export interface PlotSettings {
  size: PlotSize;
  x: XMode;
  y: YScale;
  /** Each run has its line, or runs that differ by their seed have a mean with a band. */
  seeds: "each" | Spread;
  /** What of the axes is shown; times of day are not kept. */
  range: { step: Range; relative: Range; y: Range };
  smoothing: Smoothing;
}

const DEFAULTS: PlotSettings = {
  size: "medium",
  x: "step",
  y: "linear",
  seeds: "each",
  range: { step: OPEN, relative: OPEN, y: OPEN },
  smoothing: { kind: "none", weight: 0.8, spread: 5, factor: 0.8 },
};

export function usePlotSettings(): [PlotSettings, (settings: PlotSettings) => void] {
  const [settings, set] = useLocalStorage<PlotSettings>({
    key: "gymdash-plots",
    defaultValue: DEFAULTS,
    getInitialValueInEffect: false,
  });
  const whole = useMemo(() => ({ ...DEFAULTS, ...settings }), [settings]); // an older page has kept less
  return [whole, set];
}
