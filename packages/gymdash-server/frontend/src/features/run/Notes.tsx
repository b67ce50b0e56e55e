/** Name, tags and notes, which people write. */

import { Group, TagsInput, Textarea, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, need, type Run } from "@/api/client";
import { same } from "@/lib/schema";
import { ActButton } from "@/ui/ActButton";
import { notify, notifyError } from "@/ui/notify";

export function Notes({ run }: { run: Run }) {
  const saved = { name: run.name, tags: run.tags, notes: run.notes };
  const [draft, setDraft] = useState(saved);
  const save = useMutation({
    mutationFn: () =>
      need(
        api.PATCH("/api/v1/simulations/{simulation_id}", {
          params: { path: { simulation_id: run.id } },
          body: draft,
        }),
      ),
    onSuccess: () => notify("Saved"),
    onError: notifyError("It was not saved"),
  });
  return (
    <section className="card" style={{ padding: 18, marginBottom: 14 }}>
      <Title order={3} size="h5" mb="sm">
        Notes
      </Title>
      <Group grow mb="sm" align="flex-start">
        <TextInput
          label="Name"
          value={draft.name}
          onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
        />
        <TagsInput label="Tags" value={draft.tags} onChange={(tags) => setDraft({ ...draft, tags })} />
      </Group>
      <Textarea
        label="Notes"
        autosize
        minRows={2}
        maxRows={12}
        value={draft.notes}
        onChange={(event) => setDraft({ ...draft, notes: event.currentTarget.value })}
      />
      <ActButton
        mt="sm"
        size="xs"
        variant="default"
        disabled={same(draft, saved)}
        loading={save.isPending}
        onClick={() => save.mutate()}
      >
        Save
      </ActButton>
    </section>
  );
}
