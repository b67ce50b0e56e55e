/** A button of a simulation, or a question to it; with a form where it takes something. */

import { Button, Group, Loader, Text } from "@mantine/core";
import { Suspense, useState } from "react";
import type { LiveChannel } from "@/api/cache";
import type { Run } from "@/api/client";
import { asked, isObject } from "@/lib/schema";
import { Answer } from "@/ui/Answer";
import { JsonBox } from "@/ui/JsonBox";
import { lazily } from "@/ui/lazily";
import { outcomeOf, useQueryChannel } from "./useQueryChannel";

const SchemaForm = lazily(() => import("@/ui/SchemaForm"));

export function ActionChannel({ run, channel }: { run: Run; channel: LiveChannel }) {
  const send = useQueryChannel(run.id, channel.key);
  const [data, setData] = useState<Record<string, unknown>>({});
  const schema = isObject(channel.schema) && Object.keys(channel.schema).length ? channel.schema : null;
  const isModel = schema !== null && isObject(schema.properties);
  const title = channel.title || channel.key;
  return (
    <div>
      <Group gap="xs">
        {(!schema || isModel) && (
          <Button
            variant="default"
            loading={send.isPending}
            onClick={() => send.mutate(isModel ? asked(schema, data) : null)}
          >
            {channel.kind === "query" ? `Ask: ${title}` : title}
          </Button>
        )}
        <Text size="xs" c="dimmed">
          {channel.description}
          {channel.pending > 0 && ` ${channel.pending} waiting`}
        </Text>
      </Group>
      {isModel && (
        <Suspense fallback={<Loader size="xs" aria-label="Loading the form" />}>
          <SchemaForm id={`${run.id}-${channel.key}`} schema={schema} data={data} onChange={setData} />
        </Suspense>
      )}
      {schema && !isModel && (
        <JsonBox
          label={title}
          send="Send"
          first=""
          onSend={(value) => send.mutate(value)}
          isPending={send.isPending}
        />
      )}
      {send.data && (
        <Text size="xs" c="dimmed" aria-live="polite">
          {outcomeOf(send.data)}
        </Text>
      )}
      {send.data?.triggered && <Answer value={send.data.value} />}
      {send.error && (
        <Text size="sm" c="red" role="alert" className="breaks">
          {send.error.message}
        </Text>
      )}
    </div>
  );
}
