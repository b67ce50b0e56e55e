/** What was asked for, and the defaults of what was not. */

import { Table, Text, Title } from "@mantine/core";
import type { Run } from "@/api/client";
import { useTypes } from "@/api/queries";
import { argumentsOf, text } from "@/lib/table";
import { Argument } from "@/ui/Argument";
import { Parent } from "./Parent";

export function Config({ run }: { run: Run }) {
  const type = useTypes().data?.find(({ key }) => key === run.key);
  const rows = argumentsOf(run.kwargs, type?.defaults);
  return (
    <section className="card" style={{ padding: 18 }}>
      <Title order={3} size="h5" mb="sm">
        Arguments
      </Title>
      {rows.length === 0 && (
        <Text size="sm" c="dimmed">
          It takes none, or all of them are defaults.
        </Text>
      )}
      <Table className="named">
        <Table.Tbody>
          {rows.map(({ name, given }) => (
            <Table.Tr key={name}>
              <Table.Th className="breaks">{name}</Table.Th>
              <Table.Td className="mono breaks" style={{ maxHeight: 300 }}>
                <Argument given={given} />
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
