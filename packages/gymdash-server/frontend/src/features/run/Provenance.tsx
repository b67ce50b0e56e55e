/** Where the results come from: code with its changes, packages, machine, seed. */

import { Code, Stack, Table, Title } from "@mantine/core";
import type { Run } from "@/api/client";
import { useProvenance } from "@/api/queries";
import { type ProvenancePart, partsOf } from "@/lib/provenance";
import { DataState } from "@/ui/DataState";

export function Provenance({ run }: { run: Run }) {
  const provenance = useProvenance(run.id);
  return (
    <DataState query={provenance}>
      {(data) => (
        <Stack gap="md">
          {partsOf(data).map((part) => (
            <Part key={part.name} {...part} />
          ))}
        </Stack>
      )}
    </DataState>
  );
}

function Part({ name, rows, folded }: ProvenancePart) {
  return (
    <section className="card" style={{ padding: 16 }}>
      <Title order={3} size="h6" tt="capitalize" mb="xs">
        {name}
      </Title>
      <Table className="named">
        <Table.Tbody>
          {rows.map(([key, value]) => (
            <Table.Tr key={key}>
              <Table.Th>{key}</Table.Th>
              <Table.Td className="mono breaks">{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {folded.map(([key, value]) => (
        <details key={key} style={{ padding: "6px 10px" }}>
          <summary style={{ cursor: "pointer", fontSize: 13 }}>{key}</summary>
          <Code block mah={420} style={{ overflow: "auto" }}>
            {value}
          </Code>
        </details>
      ))}
    </section>
  );
}
