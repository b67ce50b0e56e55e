/** Axes, smoothing, groups and size of all plots. */

import { Group, NumberInput, SegmentedControl, Slider, Text } from "@mantine/core";
import { RangeSettings } from "./RangeSettings";
import type { PlotSettings } from "./settings";

interface Props {
  settings: PlotSettings;
  set: (settings: PlotSettings) => void;
}

export function SettingsBar({ settings, set }: Props) {
  const { smoothing } = settings;
  const smoothed = (more: Partial<PlotSettings["smoothing"]>) =>
    set({ ...settings, smoothing: { ...smoothing, ...more } });
  return (
    <Group gap="md" className="card" p="xs" wrap="wrap">
      <SegmentedControl
        size="xs"
        aria-label="Horizontal axis"
        value={settings.x}
        onChange={(x) => set({ ...settings, x: x as PlotSettings["x"] })}
        data={[
          { value: "step", label: "Step" },
          { value: "relative", label: "Relative" },
          { value: "wall", label: "Time" },
        ]}
      />
      <SegmentedControl
        size="xs"
        aria-label="Vertical axis"
        value={settings.y}
        onChange={(y) => set({ ...settings, y: y as PlotSettings["y"] })}
        data={[
          { value: "linear", label: "Linear" },
          { value: "log", label: "Log" },
          { value: "symlog", label: "Symlog" },
        ]}
      />
      <SegmentedControl
        size="xs"
        aria-label="Smoothing"
        value={smoothing.kind}
        onChange={(kind) => smoothed({ kind: kind as PlotSettings["smoothing"]["kind"] })}
        data={[
          { value: "none", label: "Raw" },
          { value: "ema", label: "EMA" },
          { value: "spread", label: "Spread" },
        ]}
      />
      <SegmentedControl
        size="xs"
        aria-label="Runs that differ by their seed"
        value={settings.seeds}
        onChange={(seeds) => set({ ...settings, seeds: seeds as PlotSettings["seeds"] })}
        data={[
          { value: "each", label: "Each run" },
          { value: "minmax", label: "Mean, min to max" },
          { value: "std", label: "Mean ± std" },
        ]}
      />
      <SegmentedControl
        size="xs"
        aria-label="Size of plots"
        value={settings.size}
        onChange={(size) => set({ ...settings, size: size as PlotSettings["size"] })}
        data={[
          { value: "small", label: "Small" },
          { value: "medium", label: "Medium" },
          { value: "large", label: "Large" },
        ]}
      />
      <RangeSettings settings={settings} set={set} />
      {smoothing.kind === "ema" && (
        <Group gap="xs" wrap="nowrap">
          <Slider
            w={130}
            min={0}
            max={0.99}
            step={0.01}
            value={smoothing.weight}
            onChange={(weight) => smoothed({ weight })}
            thumbProps={{ "aria-label": "Weight of the past" }}
            label={null}
          />
          <Text size="xs" className="numbers">
            {smoothing.weight.toFixed(2)}
          </Text>
        </Group>
      )}
      {smoothing.kind === "spread" && (
        <>
          <NumberInput
            size="xs"
            w={90}
            aria-label="Spread, points on each side"
            min={1}
            max={200}
            value={smoothing.spread}
            onChange={(value) => smoothed({ spread: Math.max(1, Number(value) || 1) })}
          />
          <NumberInput
            size="xs"
            w={90}
            aria-label="Factor of each farther point"
            min={0}
            max={1}
            step={0.05}
            value={smoothing.factor}
            onChange={(value) => smoothed({ factor: Math.min(1, Math.max(0, Number(value) || 0)) })}
          />
        </>
      )}
    </Group>
  );
}
