/** One stat of all shown runs: detail, overview, and the media along its time line. */

import {
  ActionIcon,
  Alert,
  Group,
  Loader,
  Text,
  Title,
  Tooltip,
  useComputedColorScheme,
} from "@mantine/core";
import { useMemo, useState } from "react";
import type { Run } from "@/api/client";
import { useInterventionMarkers } from "@/api/interventions";
import type { Look } from "@/charts/options";
import { type Box, Plot } from "@/charts/Plot";
import { toCsv } from "@/lib/csv";
import { formatCount } from "@/lib/format";
import { download } from "@/ui/download";
import { highlight, useHighlight } from "@/ui/highlight";
import { Icon } from "@/ui/icons";
import { MediaMarks } from "./MediaMarks";
import type { PlotSettings } from "./settings";
import type { MediaItem, RunStat } from "./useMedia";
import { usePlot, type Zoom } from "./usePlot";

const DETAIL_PX = 220;
const OVERVIEW_PX = 46;

interface Props {
  statKey: string;
  runs: Run[];
  stats: RunStat[];
  media: MediaItem[];
  color: (id: string) => string;
  settings: PlotSettings;
}

export function PlotCard({ statKey, runs, stats, media, color, settings }: Props) {
  const refs = useMemo(
    () => stats.filter((stat) => stat.key === statKey && stat.kind === "scalars"),
    [stats, statKey],
  );
  const [zoom, setZoom] = useState<Zoom>(null);
  const [box, setBox] = useState<Box | null>(null);
  const focused = useHighlight();
  const dark = useComputedColorScheme("light") === "dark";
  const plot = usePlot(refs, runs, color, settings, zoom);
  const markers = useInterventionMarkers(refs, color, settings.x === "step");
  const look: Look = { mode: settings.x, y: settings.y, dark, mini: false, height: DETAIL_PX };
  const ids = refs.map((ref) => ref.run);
  const reset = () => setZoom(null);
  const zoomTo = (min: number, max: number) => setZoom([min, max]);
  const save = () =>
    download(
      `${statKey.replaceAll("/", "_")}.csv`,
      "text/csv",
      toCsv(
        plot.columns.map(({ ref, columns }) => ({
          run: runs.find((run) => run.id === ref.run)?.name ?? ref.run,
          key: ref.key,
          ...columns,
        })),
      ),
    );
  return (
    <article className="card" style={{ padding: "12px 14px" }} aria-label={statKey}>
      <Group justify="space-between" wrap="nowrap" mb={4}>
        <Title order={3} size="h6" className="breaks">
          {statKey}
        </Title>
        <Group gap={6} wrap="nowrap">
          {plot.isReading && <Loader size={14} aria-label="Loading points" />}
          <Text size="xs" c="dimmed" className="numbers" data-testid="points-shown">
            {formatCount(plot.shown)} of {formatCount(plot.total)} points
          </Text>
          {zoom && (
            <Tooltip label="See everything (double click)">
              <ActionIcon variant="default" size="sm" onClick={reset} aria-label="See everything">
                <Icon name="again" size={13} />
              </ActionIcon>
            </Tooltip>
          )}
          <Tooltip label="Download what is shown as CSV">
            <ActionIcon variant="default" size="sm" onClick={save} aria-label={`Download ${statKey} as CSV`}>
              <Icon name="down" size={13} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
      {plot.error && (
        <Alert color="red" p="xs">
          {plot.error}
        </Alert>
      )}
      <Plot
        label={`${statKey}, detail`}
        data={plot.detail}
        strokes={plot.strokes}
        look={look}
        range={zoom}
        focused={focused}
        markers={markers}
        onZoom={zoomTo}
        onReset={reset}
        onFocus={highlight}
        onBox={(now) => setBox((known) => (sameBox(known, now) ? known : now))}
      />
      <MediaMarks
        media={media}
        runs={ids}
        mode={settings.x}
        box={box}
        zoomTo={zoomTo}
        firsts={firstsOf(plot.columns)}
      />
      <Plot
        label={`${statKey}, overview`}
        data={plot.overview}
        strokes={plot.overviewStrokes}
        look={{ ...look, mini: true, height: OVERVIEW_PX }}
        range={zoom}
        focused={null}
        onZoom={zoomTo}
        onReset={reset}
      />
    </article>
  );
}

function sameBox(a: Box | null, b: Box): boolean {
  return a !== null && a.left === b.left && a.width === b.width && a.min === b.min && a.max === b.max;
}

/** When each run's line begins, for relative time. */
function firstsOf(columns: { ref: { run: string }; columns: { wall: number[] } }[]): Record<string, number> {
  return Object.fromEntries(columns.map(({ ref, columns: { wall } }) => [ref.run, wall[0] ?? 0]));
}
