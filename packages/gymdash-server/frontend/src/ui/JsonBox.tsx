/** A box for JSON that is sent as it is. */

import { JsonInput } from "@mantine/core";
import { useState } from "react";
import { ActButton } from "./ActButton";
import { useFocusOnRefusal } from "./focusField";

interface Props {
  label: string;
  send: string;
  first: string;
  onSend: (value: unknown) => void;
  isPending: boolean;
  /** What the server says is wrong with what was sent. */
  refused?: string | undefined;
}

export function JsonBox({ label, send, first, onSend, isPending, refused }: Props) {
  const [text, setText] = useState(first);
  const field = useFocusOnRefusal<HTMLTextAreaElement>(refused);
  let value: unknown;
  let error: string | undefined;
  try {
    value = text.trim() ? JSON.parse(text) : null;
  } catch (problem) {
    error = problem instanceof Error ? problem.message : "This is not valid JSON";
  }
  return (
    <>
      <JsonInput
        ref={field}
        label={label}
        value={text}
        onChange={setText}
        autosize
        minRows={2}
        maxRows={16}
        error={error ?? refused}
        errorProps={{ role: "alert" }}
        classNames={{ input: "mono" }}
      />
      <ActButton
        mt="xs"
        size="sm"
        variant="default"
        disabled={error !== undefined}
        loading={isPending}
        onClick={() => onSend(value)}
      >
        {send}
      </ActButton>
    </>
  );
}
