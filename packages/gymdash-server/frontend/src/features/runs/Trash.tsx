/** Runs that were thrown away: take them back, or remove them for good. */

import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, need, type Run } from "@/api/client";
import { useTrash, useVerb } from "@/api/queries";
import { formatTime } from "@/lib/format";
import { ActButton } from "@/ui/ActButton";
import { DataState, Empty } from "@/ui/DataState";
import { notifyError } from "@/ui/notify";
import { useFocusKept } from "@/ui/useFocusKept";

export function Trash({ close }: { close: () => void }) {
  return (
    <Modal opened onClose={close} title="Trash" size="lg">
      <ThrownAway />
    </Modal>
  );
}

function ThrownAway() {
  const trash = useTrash(true);
  const list = useFocusKept<HTMLDivElement>(); // a run that is taken back goes
  return (
    <div ref={list} tabIndex={-1} style={{ outline: "none" }}>
      <DataState query={trash} isEmpty={(data) => !data.length} empty={<Empty title="The trash is empty" />}>
        {(data) => (
          <Stack gap="xs">
            {data.map((run) => (
              <Thrown key={run.id} run={run} />
            ))}
          </Stack>
        )}
      </DataState>
    </div>
  );
}

function Thrown({ run }: { run: Run }) {
  const queries = useQueryClient();
  const verb = useVerb(run.id);
  const purge = useMutation({
    mutationFn: () =>
      need(
        api.DELETE("/api/v1/simulations/{simulation_id}", {
          params: { path: { simulation_id: run.id }, query: { purge: true } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["trash"] }),
    onError: notifyError("It was not removed"),
  });
  return (
    <Group justify="space-between" wrap="nowrap">
      <div style={{ minWidth: 0 }}>
        <Text size="sm" truncate>
          {run.name}
        </Text>
        <Text size="xs" c="dimmed">
          {run.key} · thrown away {formatTime(run.trashed)}
        </Text>
      </div>
      <Group gap="xs" wrap="nowrap">
        <Button
          size="xs"
          variant="default"
          onClick={() => verb.mutate("restore", { onError: notifyError("It was not restored") })}
        >
          Restore
        </Button>
        <ActButton size="xs" color="red.9" onClick={() => purge.mutate()} loading={purge.isPending}>
          Remove for good
        </ActButton>
      </Group>
    </Group>
  );
}
