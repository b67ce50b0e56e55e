/** Curves and media of the selected runs. */

import { Button, Group, Stack, Title } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Run } from "@/api/client";
import { statsQuery, useRuns } from "@/api/queries";
import { useDrawnKinds } from "@/api/renderers";
import { toldApart } from "@/lib/names";
import { type Chip, chipsOf } from "@/lib/seeds";
import { CutName } from "@/ui/CutName";
import { useRunColors } from "@/ui/colors";
import { DataState, Empty, Problem } from "@/ui/DataState";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { highlight } from "@/ui/highlight";
import { useSelection } from "@/ui/useSelection";
import { MediaPanel } from "./MediaPanel";
import { PlotGroups } from "./PlotGroups";
import { RendererGroups } from "./RendererGroups";
import { SettingsBar } from "./SettingsBar";
import { usePlotSettings } from "./settings";
import { type RunStat, useMedia } from "./useMedia";

const SHOWN_AT_FIRST = 3;

export default function AnalyzeView() {
  const runs = useRuns();
  const { selected } = useSelection();
  return (
    <>
      <Title order={2} mb="md">
        Analyze
      </Title>
      <DataState
        query={runs}
        isEmpty={(data) => !data.length}
        empty={<Empty title="There is nothing to see yet">Start a run first.</Empty>}
      >
        {(data) => {
          const chosen = data.filter((run) => selected.includes(run.id));
          if (selected.length && !chosen.length)
            return <Empty title="The selected runs are not here">Choose others, or look in the trash.</Empty>;
          const shown = chosen.length ? chosen : data.filter((run) => run.started).slice(0, SHOWN_AT_FIRST);
          return <Runs runs={toldApart(shown)} />;
        }}
      </DataState>
    </>
  );
}

function Runs({ runs }: { runs: Run[] }) {
  const ids = useMemo(() => runs.map((run) => run.id), [runs]);
  const color = useRunColors(ids);
  const [settings, setSettings] = usePlotSettings();
  const answers = useQueries({ queries: ids.map(statsQuery) });
  const known = ids
    .map((id, at) => `${id}:${(answers[at]?.data ?? []).map((stat) => `${stat.kind}/${stat.key}`).join()}`)
    .join(";");
  // biome-ignore lint/correctness/useExhaustiveDependencies: which stats there are changes seldom, their counts always
  const stats = useMemo<RunStat[]>(
    () =>
      ids.flatMap((run, at) =>
        (answers[at]?.data ?? []).map(({ key, kind, count }) => ({ run, key, kind, count })),
      ),
    [known],
  );
  const drawn = useDrawnKinds();
  const media = useMedia(
    useMemo(() => stats.filter(({ kind }) => drawn && !drawn.has(kind)), [stats, drawn]),
  );
  const hasMedia = stats.some(({ kind }) => kind !== "scalars" && !drawn?.has(kind));
  const failed = answers.find((answer) => answer.error);
  const isRead = answers.every((answer) => answer.data);
  return (
    <Stack gap="sm">
      <Legend chips={chipsOf(runs, settings.seeds !== "each")} color={color} />
      <SettingsBar settings={settings} set={setSettings} />
      {failed && <Problem error={failed.error} again={() => void failed.refetch()} />}
      {isRead && !stats.length && (
        <Empty title="These runs have logged nothing yet">What they log appears here by itself.</Empty>
      )}
      <PlotGroups
        runs={runs}
        stats={stats}
        media={media}
        hasMedia={hasMedia}
        color={color}
        settings={settings}
      />
      {drawn && <RendererGroups runs={runs} stats={stats} drawn={drawn} color={color} />}
      <ErrorBoundary name="The media panel">
        <MediaPanel runs={runs} media={media} color={color} />
      </ErrorBoundary>
    </Stack>
  );
}

function Legend({ chips, color }: { chips: Chip[]; color: (id: string) => string }) {
  const { set } = useSelection();
  return (
    <Group gap={6} component="ul" aria-label="Runs that are shown" m={0} p={0} style={{ listStyle: "none" }}>
      {chips.map(({ ids: [first = "", ...others], name, title }) => (
        <li key={first}>
          <Button
            size="compact-sm"
            variant="default"
            fw={500}
            maw={320}
            leftSection={<span className="dot" style={{ background: color(first) }} />}
            onPointerEnter={() => highlight(first)}
            onPointerLeave={() => highlight(null)}
            onClick={() => set([first, ...others])}
            title={`Show only ${others.length ? "these runs" : "this run"}\n${title}`}
          >
            <CutName name={name} title="" />
          </Button>
        </li>
      ))}
    </Group>
  );
}
