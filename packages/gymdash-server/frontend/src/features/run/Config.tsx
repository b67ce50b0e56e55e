/** What was asked for. */

import { Table, Text, Title } from "@mantine/core";
import type { Run } from "@/api/client";
import { text } from "@/lib/table";
import { Parent } from "./Parent";

const LONGEST = 5000;

export function Config({ run }: { run: Run }) {
  const rows = Object.entries(run.kwargs);
  return (
    <section className="card" style={{ padding: 18, marginBottom: 14 }}>
      <Title order={3} size="h5" mb="sm">
        Arguments
      </Title>
      {rows.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing was asked for; all defaults.
        </Text>
      )}
      <Table className="named">
        <Table.Tbody>
          {rows.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th className="breaks">{name}</Table.Th>
              <Table.Td className="mono breaks" style={{ maxHeight: 300 }}>
                {text(value).slice(0, LONGEST)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" mt="sm" className="mono breaks">
        {run.id} · {text(run.executor.name)}
        {run.group && ` · group ${run.group}`}
      </Text>
      {run.parent && <Parent run={run.id} parent={run.parent} />}
    </section>
  );
}
