/** What was done to a run from outside, and what became of it. */

import { Table } from "@mantine/core";
import type { Run } from "@/api/client";
import { useInterventions } from "@/api/queries";
import { formatTime } from "@/lib/format";
import { text } from "@/lib/table";
import { DataState, Empty } from "@/ui/DataState";

const LONGEST = 300;

export function Interventions({ run }: { run: Run }) {
  const interventions = useInterventions(run.id);
  return (
    <DataState
      query={interventions}
      isEmpty={(data) => !data.length}
      empty={<Empty title="Nobody has intervened" />}
    >
      {(data) => (
        <Table.ScrollContainer minWidth={640}>
          <Table className="numbers">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Time</Table.Th>
                <Table.Th>What</Table.Th>
                <Table.Th>Value</Table.Th>
                <Table.Th>Outcome</Table.Th>
                <Table.Th>Step</Table.Th>
                <Table.Th>By</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {[...data].reverse().map((item) => (
                <Table.Tr key={item.id}>
                  <Table.Td>{formatTime(item.time)}</Table.Td>
                  <Table.Td>
                    {item.event} {item.channel}
                  </Table.Td>
                  <Table.Td className="mono breaks">
                    {item.value === null ? "" : text(item.value).slice(0, LONGEST)}
                  </Table.Td>
                  <Table.Td>{item.outcome ?? "waits"}</Table.Td>
                  <Table.Td>{item.acknowledged_step ?? item.step}</Table.Td>
                  <Table.Td>{item.by}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </DataState>
  );
}
