/** How plots are drawn, kept by the browser. */

import { useLocalStorage } from "@mantine/hooks";
import type { YScale } from "@/charts/options";
import type { XMode } from "@/lib/align";
import type { Smoothing } from "@/lib/smoothing";

export interface PlotSettings {
  x: XMode;
  y: YScale;
  smoothing: Smoothing;
}

const DEFAULTS: PlotSettings = {
  x: "step",
  y: "linear",
  smoothing: { kind: "none", weight: 0.8, spread: 5, factor: 0.8 },
};

export function usePlotSettings(): [PlotSettings, (settings: PlotSettings) => void] {
  const [settings, set] = useLocalStorage<PlotSettings>({
    key: "gymdash-plots",
    defaultValue: DEFAULTS,
    getInitialValueInEffect: false,
  });
  return [settings, set];
}
