/** Plots by the prefix of their key; a group can be folded, and what is not on the screen is not drawn. */

import { Group, Text, UnstyledButton } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useMemo } from "react";
import type { Run } from "@/api/client";
import { byPrefix, distinctKeys } from "@/lib/grouping";
import { columnsOf, PLOT_SIZES } from "@/lib/plotSize";
import { seedGroups } from "@/lib/seeds";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { WhenSeen } from "@/ui/WhenSeen";
import { PlotCard } from "./PlotCard";
import type { PlotSettings } from "./settings";
import type { MediaItem, RunStat } from "./useMedia";

interface Props {
  runs: Run[];
  stats: RunStat[];
  media: MediaItem[];
  /** Whether there are media, read or not. */
  hasMedia: boolean;
  color: (id: string) => string;
  settings: PlotSettings;
}

export function PlotGroups({ runs, stats, media, hasMedia, color, settings }: Props) {
  const [folded, setFolded] = useLocalStorage<string[]>({ key: "gymdash-folded", defaultValue: [] });
  const groups = useMemo(() => {
    const keys = distinctKeys(stats.filter((stat) => stat.kind === "scalars").map((stat) => stat.key));
    return byPrefix(keys.map((key) => ({ key })));
  }, [stats]);
  const kinds = seedGroups(runs);
  const kindNames = JSON.stringify(kinds.map((group) => group.map(({ id, name }) => [id, name])));
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs change with every step, their groups seldom
  const seeds = useMemo(() => kinds, [kindNames]);
  const toggle = (prefix: string) =>
    setFolded(folded.includes(prefix) ? folded.filter((other) => other !== prefix) : [...folded, prefix]);
  return groups.map(([prefix, items]) => (
    <section key={prefix} aria-label={prefix || "Plots"}>
      {groups.length > 1 && (
        <UnstyledButton onClick={() => toggle(prefix)} aria-expanded={!folded.includes(prefix)} mb={6}>
          <Group gap={6}>
            <Text fw={600}>
              {folded.includes(prefix) ? "▸" : "▾"} {prefix || "others"}
            </Text>
            <Text size="sm" c="dimmed">
              {items.length}
            </Text>
          </Group>
        </UnstyledButton>
      )}
      {!folded.includes(prefix) && (
        <div
          className="plot-grid"
          style={{ gridTemplateColumns: columnsOf(settings.size, groups.length === 1 && items.length === 1) }}
        >
          {items.map(({ key }) => (
            <WhenSeen key={key} height={PLOT_SIZES[settings.size].card}>
              <ErrorBoundary name={`The plot of ${key}`}>
                <PlotCard
                  key={settings.x}
                  statKey={key}
                  runs={runs}
                  groups={seeds}
                  stats={stats}
                  media={media}
                  hasMedia={hasMedia}
                  color={color}
                  settings={settings}
                />
              </ErrorBoundary>
            </WhenSeen>
          ))}
        </div>
      )}
    </section>
  ));
}
