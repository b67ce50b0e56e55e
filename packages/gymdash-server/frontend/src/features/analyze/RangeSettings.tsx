/** What of the axes all plots show; a side that is empty is open. */

import { Button, Group, NumberInput, Popover, Stack, Text } from "@mantine/core";
import { isOpen, OPEN, type Range, typed } from "@/lib/ranges";
import type { PlotSettings } from "./settings";

interface Props {
  settings: PlotSettings;
  set: (settings: PlotSettings) => void;
}

const NAMES = { step: "Steps", relative: "Seconds" };

export function RangeSettings({ settings, set }: Props) {
  const { x, range } = settings;
  const change = (part: Partial<PlotSettings["range"]>) => set({ ...settings, range: { ...range, ...part } });
  const isSet = !isOpen(range.y) || (x !== "wall" && !isOpen(range[x]));
  return (
    <Popover position="bottom-start" withArrow trapFocus>
      <Popover.Target>
        <Button size="compact-sm" variant={isSet ? "light" : "default"}>
          {isSet ? "Range is set" : "Range"}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          {x === "wall" ? (
            <Text size="sm">Times of day are chosen by dragging in a plot.</Text>
          ) : (
            <RangeInputs name={NAMES[x]} range={range[x]} onChange={(next) => change({ [x]: next })} />
          )}
          <RangeInputs name="Values" range={range.y} onChange={(next) => change({ y: next })} />
          <Button
            size="compact-sm"
            variant="default"
            data-disabled={!isSet || undefined} // it keeps the focus, and with it the keys of the popover
            aria-disabled={!isSet}
            onClick={() => isSet && change({ y: OPEN, ...(x !== "wall" && { [x]: OPEN }) })}
          >
            Show everything
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

interface InputsProps {
  name: string;
  range: Range;
  onChange: (range: Range) => void;
}

function RangeInputs({ name, range, onChange }: InputsProps) {
  const sides = ["from", "to"] as const;
  return (
    <Group gap="xs" wrap="nowrap">
      <Text size="sm" w={64}>
        {name}
      </Text>
      {sides.map((side, at) => (
        <NumberInput
          key={side}
          size="xs"
          w={120}
          aria-label={`${name} ${side}`}
          placeholder={side}
          value={range[at] ?? ""}
          onChange={(value) => onChange(at ? [range[0], typed(value)] : [typed(value), range[1]])}
        />
      ))}
    </Group>
  );
}
