/** A button of a simulation, or a question to it; with a form where it takes something. */

import { Group, Loader, Text } from "@mantine/core";
import { Suspense, useState } from "react";
import type { LiveChannel } from "@/api/cache";
import type { Run } from "@/api/client";
import { plainBounds } from "@/lib/bounds";
import { errorText } from "@/lib/fieldErrors";
import { asked, isObject } from "@/lib/schema";
import { ActButton } from "@/ui/ActButton";
import { Answer } from "@/ui/Answer";
import { JsonBox } from "@/ui/JsonBox";
import { lazily } from "@/ui/lazily";
import { Refusal } from "@/ui/Refusal";
import { fieldErrorsOf, useRefusal } from "@/ui/useRefusal";
import { PlainChannel } from "./PlainChannel";
import { outcomeOf, useQueryChannel } from "./useQueryChannel";

const SchemaForm = lazily(() => import("@/ui/SchemaForm"));

export function ActionChannel({ run, channel }: { run: Run; channel: LiveChannel }) {
  const send = useQueryChannel(run.id, channel.key);
  const [data, setData] = useState<Record<string, unknown>>({});
  const schema = isObject(channel.schema) && Object.keys(channel.schema).length ? channel.schema : null;
  const isModel = schema !== null && isObject(schema.properties);
  const plain = schema && !isModel ? plainBounds(schema) : null;
  const title = channel.title || channel.key;
  const act = channel.kind === "query" ? `Ask: ${title}` : title;
  const form = `${run.id}-${channel.key}`;
  const errors = fieldErrorsOf(send.error);
  const refused = useRefusal(errors, isModel ? schema : null, data);
  return (
    <div>
      <Group gap="xs">
        {(!schema || isModel) && (
          <ActButton
            variant="default"
            loading={send.isPending}
            onClick={() => send.mutate(isModel ? asked(schema, data) : null)}
          >
            {act}
          </ActButton>
        )}
        <Text size="xs" c="dimmed">
          {!plain && channel.description}
          {channel.pending > 0 && ` ${channel.pending} waiting`}
        </Text>
      </Group>
      {isModel && (
        <Suspense fallback={<Loader size="xs" aria-label="Loading the form" />}>
          <SchemaForm id={form} schema={schema} data={data} errors={refused.tree} onChange={setData} />
        </Suspense>
      )}
      {plain && (
        <PlainChannel
          bounds={plain}
          label={title}
          description={channel.description || textOf(schema?.description)}
          send={channel.kind === "query" ? "Ask" : "Send"}
          isPending={send.isPending}
          onSend={(value) => send.mutate(value)}
          refused={errorText(errors) || undefined}
        />
      )}
      {schema && !isModel && !plain && (
        <JsonBox
          label={act}
          send="Send"
          first=""
          onSend={(value) => send.mutate(value)}
          isPending={send.isPending}
          refused={errorText(errors) || undefined}
        />
      )}
      {send.data && (
        <Text size="xs" c="dimmed" aria-live="polite">
          {outcomeOf(send.data)}
        </Text>
      )}
      {send.data?.triggered && <Answer value={send.data.value} />}
      {send.error && (isModel || !errors.length) && (
        <Refusal title="It was not sent" error={send.error} errors={refused.placed} form={form} />
      )}
    </div>
  );
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
