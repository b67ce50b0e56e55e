/** The field of a control, after the kind of its value; a draft is handed on as it is typed. */

import { Group, JsonInput, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { type Bounds, stepOf } from "@/lib/bounds";

interface Props {
  bounds: Bounds;
  label: string;
  description: string;
  value: unknown;
  /** Undefined takes the draft back. */
  onChange: (value: unknown) => void;
  error: string | undefined;
  /** What stands beside the field, whatever is said above and below it. */
  beside: ReactNode;
}

const ALERT = { role: "alert" } as const;

export function ControlInput({ bounds, label, description, value, onChange, error, beside }: Props) {
  const said = { label, description: description || undefined, error };
  const common = {
    ...said,
    errorProps: ALERT,
    inputContainer: (field: ReactNode) => <Beside field={field}>{beside}</Beside>,
  };
  if (bounds.kind === "number" || bounds.kind === "integer") {
    return (
      <NumberInput
        {...common}
        value={typeof value === "number" || typeof value === "string" ? value : ""}
        min={bounds.min}
        max={bounds.max}
        step={stepOf(value, bounds)}
        onChange={onChange}
      />
    );
  }
  if (bounds.kind === "boolean") {
    return (
      <Beside
        field={
          <Switch
            {...said}
            checked={value === true}
            onChange={(event) => onChange(event.currentTarget.checked)}
          />
        }
      >
        {beside}
      </Beside>
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

function Beside({ field, children }: { field: ReactNode; children: ReactNode }) {
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <div style={{ flex: 1, minWidth: 0 }}>{field}</div>
      {children}
    </Group>
  );
}

interface JsonProps extends Pick<Props, "value" | "onChange" | "label" | "error"> {
  description: string | undefined;
  errorProps: typeof ALERT;
  inputContainer: (field: ReactNode) => ReactNode;
}

function JsonDraft({ value, onChange, ...common }: JsonProps) {
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
