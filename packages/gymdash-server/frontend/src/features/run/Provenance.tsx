/** Where the results come from: code with its changes, packages, machine, seed. */

import { Code, Stack, Table, Title } from "@mantine/core";
import type { Run } from "@/api/client";
import { useProvenance } from "@/api/queries";
import { isObject } from "@/lib/schema";
import { text } from "@/lib/table";
import { DataState } from "@/ui/DataState";

export function Provenance({ run }: { run: Run }) {
  const provenance = useProvenance(run.id);
  return (
    <DataState query={provenance}>
      {(data) => (
        <Stack gap="md">
          {Object.entries(data)
            .filter(([, value]) => value !== null && value !== "")
            .map(([name, value]) => (
              <Part key={name} name={name} value={value} />
            ))}
        </Stack>
      )}
    </DataState>
  );
}

function Part({ name, value }: { name: string; value: unknown }) {
  const rows = isObject(value) ? Object.entries(value) : [[name, value] as const];
  const long = rows.filter(([, item]) => typeof item === "string" && item.includes("\n"));
  const short = rows.filter((row) => !long.includes(row as [string, unknown]));
  return (
    <section className="card" style={{ padding: 16 }}>
      <Title order={3} size="h6" tt="capitalize" mb="xs">
        {name.replaceAll("_", " ")}
      </Title>
      <Table>
        <Table.Tbody>
          {short.map(([key, item]) => (
            <Table.Tr key={key}>
              <Table.Th w={220}>{key}</Table.Th>
              <Table.Td className="mono breaks">{text(item)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {long.map(([key, item]) => (
        <details key={key}>
          <summary style={{ cursor: "pointer", fontSize: 13 }}>{key}</summary>
          <Code block mah={420} style={{ overflow: "auto" }}>
            {String(item)}
          </Code>
        </details>
      ))}
    </section>
  );
}
