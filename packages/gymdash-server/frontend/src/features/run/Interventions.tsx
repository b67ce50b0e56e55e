/** What was done to a run from outside, by whom, and what became of it. */

import { Table } from "@mantine/core";
import type { Run } from "@/api/client";
import { useInterventions, useTypes } from "@/api/queries";
import { formatTime } from "@/lib/format";
import { titlesOf, whatBecame, whatWasDone } from "@/lib/interventionText";
import { text } from "@/lib/table";
import { DataState, Empty } from "@/ui/DataState";

const LONGEST = 300;

export function Interventions({ run }: { run: Run }) {
  const interventions = useInterventions(run.id);
  const type = useTypes().data?.find((item) => item.key === run.key);
  const titleOf = titlesOf(type?.channels ?? []);
  return (
    <DataState
      query={interventions}
      isEmpty={(data) => !data.length}
      empty={<Empty title="Nobody has intervened">What is changed, asked or stopped is told here.</Empty>}
    >
      {(data) => (
        <Table.ScrollContainer minWidth={640}>
          <Table className="numbers">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Time</Table.Th>
                <Table.Th>What was done</Table.Th>
                <Table.Th>What became of it</Table.Th>
                <Table.Th>Value</Table.Th>
                <Table.Th>By</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {[...data].reverse().map((item) => (
                <Table.Tr key={item.id}>
                  <Table.Td>{formatTime(item.time)}</Table.Td>
                  <Table.Td className="breaks">{whatWasDone(item, titleOf)}</Table.Td>
                  <Table.Td>{whatBecame(item) || "done"}</Table.Td>
                  <Table.Td className="mono breaks">
                    {item.value === null ? "" : text(item.value).slice(0, LONGEST)}
                  </Table.Td>
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
