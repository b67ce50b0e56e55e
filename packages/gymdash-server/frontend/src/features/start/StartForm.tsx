/** The form of one simulation type: arguments, name, several at once, presets, and the same as a command. */

import { Alert, Button, Code, Group, Loader, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Suspense, useMemo, useState } from "react";
import { useLocation } from "wouter";
import { ApiError, api, need, type Run, type SimulationType } from "@/api/client";
import { useRuns } from "@/api/queries";
import { parseGrid, parseSeeds } from "@/lib/batch";
import { bodyOf, type Order } from "@/lib/commands";
import { asked, errorTree, isObject } from "@/lib/schema";
import { Icon } from "@/ui/icons";
import { lazily } from "@/ui/lazily";
import { notify } from "@/ui/notify";
import { Batch, type BatchText } from "./Batch";
import { Changes } from "./Changes";
import { Copies } from "./Copies";
import { Presets } from "./Presets";

const SchemaForm = lazily(() => import("@/ui/SchemaForm"));
const NO_BATCH: BatchText = { seeds: "", grid: "" };

export function StartForm({ type, from }: { type: SimulationType; from: string | null }) {
  const parent = useRuns().data?.find((run) => run.id === from);
  const [data, setData] = useState<Record<string, unknown>>(() => ({ ...type.defaults, ...parent?.kwargs }));
  const [generation, setGeneration] = useState(0);
  const [name, setName] = useState("");
  const [batch, setBatch] = useState<BatchText>(NO_BATCH);
  const [, go] = useLocation();
  const fill = (kwargs: Record<string, unknown>) => {
    setData({ ...type.defaults, ...kwargs });
    setGeneration(generation + 1);
  };
  const kwargs = useMemo(() => asked(withDefaults(type), data), [type, data]);
  const seeds = parseSeeds(batch.seeds);
  const grid = parseGrid(batch.grid);
  const order: Order = { key: type.key, name, kwargs, seeds: seeds.value, grid: grid.value };
  const start = useMutation({
    mutationFn: () => send(order),
    onSuccess: (runs) => {
      notify(runs.length > 1 ? `${runs.length} runs are started` : `${runs[0]?.name} is started`);
      const ids = runs.map((run) => run.id).join(",");
      go(runs.length > 1 ? `/analyze?runs=${ids}` : `/runs/${ids}?runs=${ids}`);
    },
  });
  const problem = start.error instanceof ApiError ? start.error : null;
  const errors = useMemo(
    () => (problem?.errors.length ? errorTree(problem.errors, data, ["body", "kwargs"]) : undefined),
    [problem, data],
  );
  return (
    <div className="card" style={{ padding: 20 }}>
      <Title order={3}>{type.title || type.key}</Title>
      <Text size="sm" c="dimmed" mb="md" className="breaks">
        {type.description}
      </Text>
      {type.error && (
        <Alert color="red" title="This type cannot be started" mb="md">
          <Text size="sm">{type.error}</Text>
          {type.traceback && <Code block>{type.traceback}</Code>}
        </Alert>
      )}
      <Presets type={type.key} kwargs={kwargs} fill={fill} />
      {parent && <Changes before={parent.kwargs} after={kwargs} name={parent.name} />}
      <TextInput
        label="Name"
        placeholder={type.key}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        mb="sm"
        maw={420}
      />
      <Suspense fallback={<Loader size="sm" aria-label="Loading the form" />}>
        <SchemaForm
          key={generation}
          id="start"
          schema={type.params_schema}
          data={data}
          errors={errors}
          onChange={setData}
          onSubmit={() => start.mutate()}
        />
      </Suspense>
      <Batch text={batch} onChange={setBatch} errors={{ seeds: seeds.error, grid: grid.error }} />
      {start.error && (
        <Alert color="red" my="sm" role="alert" title="Nothing was started">
          <Text size="sm" className="breaks">
            {start.error.message}
          </Text>
        </Alert>
      )}
      <Group mt="md" justify="space-between">
        <Button
          size="md"
          leftSection={<Icon name="play" size={16} />}
          loading={start.isPending}
          disabled={Boolean(seeds.error || grid.error)}
          onClick={() => start.mutate()}
        >
          Start
        </Button>
        <Copies order={order} />
      </Group>
    </div>
  );
}

/** A schema whose defaults are those that the server names for the type. */
function withDefaults(type: SimulationType): Record<string, unknown> {
  const properties = isObject(type.params_schema.properties) ? type.params_schema.properties : {};
  const named = Object.entries(type.defaults).map(([name, value]) => {
    const known = properties[name];
    return [name, { ...(isObject(known) ? known : {}), default: value }];
  });
  return { properties: { ...properties, ...Object.fromEntries(named) } };
}

async function send(order: Order): Promise<Run[]> {
  const body = bodyOf(order);
  if ("seeds" in body || "grid" in body) {
    return (await need(api.POST("/api/v1/simulations/batch", { body: body as never }))).items;
  }
  return [await need(api.POST("/api/v1/simulations", { body: body as never }))];
}
