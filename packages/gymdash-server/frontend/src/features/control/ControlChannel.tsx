/** A value of a live run that can be changed: its bounds, its current value, and when a change was applied. */

import { Button, Group, JsonInput, NumberInput, Select, Switch, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { LiveChannel } from "@/api/cache";
import type { Run } from "@/api/client";
import { type Bounds, boundsOf, boundsText } from "@/lib/bounds";
import { errorText } from "@/lib/fieldErrors";
import { formatNumber } from "@/lib/format";
import { text } from "@/lib/table";
import { fieldErrorsOf } from "@/ui/useRefusal";
import { outcomeOf, useQueryChannel } from "./useQueryChannel";

export function ControlChannel({ run, channel }: { run: Run; channel: LiveChannel }) {
  const bounds = boundsOf(channel.schema);
  const [draft, setDraft] = useState<unknown>(undefined);
  const change = useQueryChannel(run.id, channel.key);
  const shown = draft === undefined ? channel.value : draft;
  const apply = (value: unknown) => change.mutate(value, { onSuccess: () => setDraft(undefined) });
  const current =
    typeof channel.value === "number" ? formatNumber(channel.value) : text(channel.value ?? "not told yet");
  return (
    <div>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <div style={{ flex: 1, minWidth: 0 }}>
          <ValueInput
            bounds={bounds}
            label={channel.title || channel.key}
            description={channel.description}
            value={shown}
            onChange={setDraft}
            error={change.error ? errorText(fieldErrorsOf(change.error)) || change.error.message : undefined}
          />
        </div>
        <Button
          variant="default"
          disabled={draft === undefined}
          loading={change.isPending}
          onClick={() => apply(draft)}
        >
          Apply
        </Button>
      </Group>
      <Text size="xs" c="dimmed" mt={4} className="numbers breaks" aria-live="polite">
        now {current} {boundsText(bounds) && `· ${boundsText(bounds)} `}
        {channel.pending > 0 && "· a change waits "}
        {change.data && `· ${outcomeOf(change.data)}`}
      </Text>
    </div>
  );
}

interface InputProps {
  bounds: Bounds;
  label: string;
  description: string;
  value: unknown;
  onChange: (value: unknown) => void;
  error: string | undefined;
}

const ALERT = { role: "alert" } as const;

function ValueInput({ bounds, label, description, value, onChange, error }: InputProps) {
  const common = { label, description: description || undefined, error, errorProps: ALERT };
  if (bounds.kind === "number" || bounds.kind === "integer") {
    return (
      <NumberInput
        {...common}
        value={typeof value === "number" ? value : ""}
        min={bounds.min}
        max={bounds.max}
        allowDecimal={bounds.kind === "number"}
        onChange={(now) => onChange(now === "" ? undefined : Number(now))}
      />
    );
  }
  if (bounds.kind === "boolean") {
    return (
      <Switch
        {...common}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (bounds.kind === "choice") {
    return (
      <Select
        {...common}
        data={bounds.choices}
        value={typeof value === "string" ? value : null}
        onChange={onChange}
      />
    );
  }
  if (bounds.kind === "text") {
    return (
      <TextInput
        {...common}
        value={typeof value === "string" ? value : ""}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return <JsonDraft {...common} value={value} onChange={onChange} />;
}

interface Common {
  description: string | undefined;
  errorProps: typeof ALERT;
}

function JsonDraft({
  value,
  onChange,
  ...common
}: Pick<InputProps, "value" | "onChange" | "label" | "error"> & Common) {
  const [draft, setDraft] = useState<string>();
  const take = (now: string) => {
    setDraft(now);
    try {
      onChange(JSON.parse(now));
    } catch {
      onChange(undefined);
    }
  };
  return (
    <JsonInput
      {...common}
      autosize
      maxRows={8}
      value={draft ?? JSON.stringify(value ?? null)}
      onChange={take}
      validationError="This is not valid JSON"
      classNames={{ input: "mono" }}
    />
  );
}
