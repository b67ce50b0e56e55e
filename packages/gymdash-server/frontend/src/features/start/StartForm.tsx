/** The form of one simulation type: arguments, name, several at once, presets, and the same as a command. */

import { Alert, Code, Group, Loader, Text, TextInput, Title } from "@mantine/core";
import { Suspense, useMemo, useState } from "react";
import type { SimulationType } from "@/api/client";
import { useRuns } from "@/api/queries";
import { parseGrid, parseSeeds, sortedOut } from "@/lib/batch";
import type { Order } from "@/lib/commands";
import { asked, isObject } from "@/lib/schema";
import { ActButton } from "@/ui/ActButton";
import { Icon } from "@/ui/icons";
import { lazily } from "@/ui/lazily";
import { Refusal } from "@/ui/Refusal";
import { fieldErrorsOf, useRefusal } from "@/ui/useRefusal";
import { Batch, type BatchText } from "./Batch";
import { Changes } from "./Changes";
import { Copies } from "./Copies";
import { Presets } from "./Presets";
import { useStart } from "./useStart";

const SchemaForm = lazily(() => import("@/ui/SchemaForm"));
const BODY = ["body", "kwargs"];
const NO_BATCH: BatchText = { seeds: "", grid: "" };

export function StartForm({ type, from }: { type: SimulationType; from: string | null }) {
  const parent = useRuns().data?.find((run) => run.id === from);
  const [data, setData] = useState<Record<string, unknown>>(() => ({ ...type.defaults, ...parent?.kwargs }));
  const [generation, setGeneration] = useState(0);
  const [name, setName] = useState("");
  const [batch, setBatch] = useState<BatchText>(NO_BATCH);
  const fill = (kwargs: Record<string, unknown>) => {
    setData({ ...type.defaults, ...kwargs });
    setGeneration(generation + 1);
  };
  const kwargs = useMemo(() => asked(withDefaults(type), data), [type, data]);
  const seeds = parseSeeds(batch.seeds);
  const grid = useMemo(() => parseGrid(batch.grid), [batch.grid]);
  const order: Order = { key: type.key, name, kwargs, seeds: seeds.value, grid: grid.value };
  const start = useStart(order);
  const { inBatch, others } = useMemo(
    () => sortedOut(fieldErrorsOf(start.error), seeds.value.length > 0, grid.value),
    [start.error, seeds.value.length, grid.value],
  );
  const refused = useRefusal(others, type.params_schema, data, BODY);
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
      {parent && (
        <Changes defaults={type.defaults} before={parent.kwargs} after={kwargs} name={parent.name} />
      )}
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
          errors={refused.tree}
          onChange={setData}
          onSubmit={() => start.mutate()}
        />
      </Suspense>
      <Batch
        text={batch}
        onChange={setBatch}
        errors={{
          seeds: seeds.error ?? inBatch.seeds,
          grid: grid.error ?? inBatch.grid,
        }}
      />
      {start.error && (
        <Refusal
          title="Nothing was started"
          error={start.error}
          errors={[...refused.placed, ...inBatch.placed]}
          form="start"
        />
      )}
      <Group mt="md" justify="space-between">
        <ActButton
          size="md"
          leftSection={<Icon name="play" size={16} />}
          loading={start.isPending}
          disabled={Boolean(seeds.error || grid.error)}
          onClick={() => start.mutate()}
        >
          Start
        </ActButton>
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
