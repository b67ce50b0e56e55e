/** Checkpoints: go on from one, or branch off with changed arguments. */

import { Alert, Button, Group, Modal, Stack, Table, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { api, type Checkpoint, need, type Run } from "@/api/client";
import { useCheckpoints } from "@/api/queries";
import { formatNumber, formatTime } from "@/lib/format";
import { isObject } from "@/lib/schema";
import { ActButton } from "@/ui/ActButton";
import { DataState, Empty } from "@/ui/DataState";
import { JsonBox } from "@/ui/JsonBox";
import { notifyError } from "@/ui/notify";
import { hasEnded } from "@/ui/states";

const id = (run: Run) => ({ params: { path: { simulation_id: run.id } } });

export function Checkpoints({ run }: { run: Run }) {
  const checkpoints = useCheckpoints(run.id);
  const [branching, setBranching] = useState<Checkpoint | null>(null);
  const resume = useMutation({
    mutationFn: (checkpoint: string) =>
      need(api.POST("/api/v1/simulations/{simulation_id}/resume", { ...id(run), body: { checkpoint } })),
    onError: notifyError("It could not go on"),
  });
  return (
    <DataState
      query={checkpoints}
      isEmpty={(data) => !data.length}
      empty={
        <Empty title="No checkpoints">
          A simulation that can save its state leaves them here when it is stopped with “save first”.
        </Empty>
      }
    >
      {(data) => (
        <>
          <Table.ScrollContainer minWidth={500}>
            <Table className="numbers">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Checkpoint</Table.Th>
                  <Table.Th>Step</Table.Th>
                  <Table.Th>Time</Table.Th>
                  <Table.Th>Attempt</Table.Th>
                  <Table.Th />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {[...data].reverse().map((checkpoint) => (
                  <Table.Tr key={checkpoint.name}>
                    <Table.Td className="mono">{checkpoint.name}</Table.Td>
                    <Table.Td>{formatNumber(checkpoint.step)}</Table.Td>
                    <Table.Td>{formatTime(checkpoint.time)}</Table.Td>
                    <Table.Td>{checkpoint.attempt}</Table.Td>
                    <Table.Td>
                      <Group gap="xs" justify="flex-end">
                        <ActButton
                          size="compact-sm"
                          variant="default"
                          disabled={!hasEnded(run)}
                          loading={resume.isPending}
                          onClick={() => resume.mutate(checkpoint.name)}
                        >
                          Go on from here
                        </ActButton>
                        <Button size="compact-sm" variant="default" onClick={() => setBranching(checkpoint)}>
                          Branch
                        </Button>
                      </Group>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          {branching && <Branch run={run} checkpoint={branching} close={() => setBranching(null)} />}
        </>
      )}
    </DataState>
  );
}

function Branch({ run, checkpoint, close }: { run: Run; checkpoint: Checkpoint; close: () => void }) {
  const [name, setName] = useState("");
  const [, go] = useLocation();
  const branch = useMutation({
    mutationFn: (kwargs: Record<string, unknown>) =>
      need(
        api.POST("/api/v1/simulations/{simulation_id}/branch", {
          ...id(run),
          body: { checkpoint: checkpoint.name, kwargs, ...(name && { name }) },
        }),
      ),
    onSuccess: (made) => go(`/runs/${made.id}?runs=${made.id}`),
  });
  return (
    <Modal opened onClose={close} title={`Branch off at step ${formatNumber(checkpoint.step)}`}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          A new run begins with this checkpoint. Arguments that are named here are changed.
        </Text>
        <TextInput
          label="Name"
          placeholder={run.name}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <JsonBox
          label="Changed arguments"
          send="Branch"
          first="{}"
          isPending={branch.isPending}
          onSend={(value) => branch.mutate(isObject(value) ? value : {})}
        />
        {branch.error && <Alert color="red">{branch.error.message}</Alert>}
      </Stack>
    </Modal>
  );
}
