/** One stat of all shown runs, drawn by a plugin; one that is broken has a notice in its place. */

import { Alert, Group, Loader, Text, Title, useComputedColorScheme } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Run } from "@/api/client";
import { useSeries } from "@/api/context";
import { readPoints } from "@/api/live";
import { type Drawn, useRenderer } from "@/api/renderers";
import { formatCount } from "@/lib/format";
import { renderedPoints } from "@/lib/renderer";
import { chooseStep, useChosenStep } from "@/ui/chosenStep";
import { PluginElement, type RendererContext, type RendererData } from "@/ui/PluginElement";
import type { RunStat } from "./useMedia";

interface Props {
  drawn: Drawn;
  statKey: string;
  refs: RunStat[];
  runs: Run[];
  color: (id: string) => string;
}

export function RendererCard({ drawn, statKey, refs, runs, color }: Props) {
  const renderer = useRenderer(drawn);
  const [broken, setBroken] = useState<string | null>(null);
  const theme = useComputedColorScheme("light");
  const ctx = useMemo(() => contextOf(theme, drawn.kind), [theme, drawn.kind]);
  const { data, total, error } = useRendererData(statKey, refs, runs, color);
  const reason = broken ?? renderer.error?.message;
  return (
    <article className="card" style={{ padding: "12px 14px" }} aria-label={statKey}>
      <Group justify="space-between" wrap="nowrap" mb={4}>
        <Title order={3} size="h6" className="breaks">
          {statKey}
        </Title>
        <Text size="xs" c="dimmed" className="numbers">
          {formatCount(total)} {total === 1 ? "point" : "points"}
        </Text>
      </Group>
      {error && (
        <Alert color="red" p="xs">
          {error}
        </Alert>
      )}
      {reason && <Broken drawn={drawn} reason={reason} />}
      {!reason && !renderer.data && <Loader size={14} aria-label="Loading the renderer" />}
      {!reason && renderer.data && (
        <PluginElement
          renderer={renderer.data}
          ctx={ctx}
          data={data}
          onStep={chooseStep}
          onBroken={setBroken}
        />
      )}
    </article>
  );
}

function Broken({ drawn, reason }: { drawn: Drawn; reason: string }) {
  return (
    <Alert
      color="red"
      role="alert"
      title={`${drawn.title} are not drawn: the renderer of plugin ${drawn.plugin} is broken`}
    >
      <Text size="sm" className="breaks">
        {reason}
      </Text>
    </Alert>
  );
}

function contextOf(theme: "light" | "dark", kind: string): RendererContext {
  const points = (run: string, key: string, options: Record<string, unknown> = {}) =>
    readPoints({ run, key, kind }, options);
  return { theme, api: { points } };
}

function useRendererData(key: string, refs: RunStat[], runs: Run[], color: (id: string) => string) {
  const states = useSeries(refs);
  const step = useChosenStep();
  const points = useMemo(() => states.map(({ series }) => (series ? renderedPoints(series) : [])), [states]);
  const names = refs.map(({ run }) => runs.find(({ id }) => id === run)?.name ?? run);
  const colors = refs.map(({ run }) => color(run));
  const heads = JSON.stringify(refs.map(({ run: id }, at) => ({ id, name: names[at], color: colors[at] })));
  const data = useMemo<RendererData>(() => {
    const shown = JSON.parse(heads) as RendererData["series"][number]["run"][];
    return { key, step, series: shown.map((run, at) => ({ run, points: points[at] ?? [] })) };
  }, [key, step, heads, points]);
  return {
    data,
    total: states.reduce((sum, { series }) => sum + (series?.total ?? 0), 0),
    error: states.find((state) => state.error)?.error,
  };
}
