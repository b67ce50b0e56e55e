/** A value of a live run that can be changed: its bounds, its current value, and when a change was applied. */

import { Text } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { LiveChannel } from "@/api/cache";
import type { Run } from "@/api/client";
import { boundsOf, boundsText, checked } from "@/lib/bounds";
import { errorText } from "@/lib/fieldErrors";
import { inWords } from "@/lib/words";
import { ActButton } from "@/ui/ActButton";
import { useFocusOnRefusal } from "@/ui/focusField";
import { fieldErrorsOf } from "@/ui/useRefusal";
import { ControlInput } from "./ControlInput";
import { outcomeOf, useQueryChannel } from "./useQueryChannel";

export function ControlChannel({ run, channel }: { run: Run; channel: LiveChannel }) {
  const bounds = boundsOf(channel.schema);
  const [draft, setDraft] = useState<unknown>(undefined);
  const change = useQueryChannel(run.id, channel.key);
  const found = draft === undefined ? undefined : checked(draft, bounds);
  const refused = found?.refused;
  const error = change.error ? errorText(fieldErrorsOf(change.error)) || change.error.message : undefined;
  const form = useFocusOnRefusal<HTMLFormElement>(error);
  const edit = (value: unknown) => {
    if (change.error) change.reset(); // it was said of another value
    setDraft(value);
  };
  const apply = (event: FormEvent) => {
    event.preventDefault();
    if (found && refused === undefined) change.mutate(found.value, { onSuccess: () => setDraft(undefined) });
  };
  const current =
    channel.value === null || channel.value === undefined ? "not told yet" : inWords(channel.value);
  const range = boundsText(bounds);
  return (
    <form ref={form} onSubmit={apply} noValidate>
      <ControlInput
        bounds={bounds}
        label={channel.title || channel.key}
        description={channel.description}
        value={draft === undefined ? channel.value : draft}
        onChange={edit}
        error={refused ?? error}
        beside={
          <ActButton
            type="submit"
            variant="default"
            disabled={!found || refused !== undefined}
            loading={change.isPending}
          >
            Apply
          </ActButton>
        }
      />
      <Text size="xs" c="dimmed" mt={4} className="numbers breaks" aria-live="polite">
        now {current} {range && `· ${range} `}
        {channel.pending > 0 && "· a change waits "}
        {change.data && `· ${outcomeOf(change.data)}`}
      </Text>
    </form>
  );
}
