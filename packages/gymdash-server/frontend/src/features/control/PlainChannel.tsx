/** A field for a button or a question that takes one number, text, choice, or a yes or no. */

import { Text } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { boundsText, checked, firstDraft, type Plain } from "@/lib/bounds";
import { ActButton } from "@/ui/ActButton";
import { useFocusOnRefusal } from "@/ui/focusField";
import { ControlInput } from "./ControlInput";

interface Props {
  bounds: Plain;
  label: string;
  description: string;
  send: string;
  isPending: boolean;
  onSend: (value: unknown) => void;
  /** What the server says is wrong with what was sent. */
  refused: string | undefined;
}

export function PlainChannel({ bounds, label, description, send, isPending, onSend, refused }: Props) {
  const [draft, setDraft] = useState<unknown>(() => firstDraft(bounds));
  const [isSent, setSent] = useState(false);
  const found = draft === undefined || draft === null ? undefined : checked(draft, bounds);
  const wrong = draft === "" && bounds.kind !== "text" ? undefined : found?.refused;
  const form = useFocusOnRefusal<HTMLFormElement>(isSent ? refused : undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!found || found.refused !== undefined) return;
    setSent(true);
    onSend(found.value);
  };
  return (
    <form ref={form} onSubmit={submit} noValidate>
      <ControlInput
        bounds={bounds}
        label={label}
        description={description}
        value={draft}
        onChange={(value) => {
          setSent(false);
          setDraft(value);
        }}
        error={wrong ?? (isSent ? refused : undefined)}
        beside={
          <ActButton
            type="submit"
            variant="default"
            disabled={!found || found.refused !== undefined}
            loading={isPending}
          >
            {send}
          </ActButton>
        }
      />
      <Text size="xs" c="dimmed" mt={4} className="numbers">
        {boundsText(bounds)}
      </Text>
    </form>
  );
}
