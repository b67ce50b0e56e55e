/** What a run has logged last. */

import { Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { Run } from "@/api/client";
import { statsQuery } from "@/api/queries";
import { latestOf } from "@/lib/latest";
import { DataState } from "@/ui/DataState";

const MOST = 60;

export function LatestValues({ run }: { run: Run }) {
  const stats = useQuery(statsQuery(run.id));
  return (
    <section className="card" style={{ padding: 18 }} aria-labelledby="latest">
      <Title order={3} size="h5" mb="sm" id="latest">
        Latest values
      </Title>
      <DataState query={stats}>
        {(data) => {
          const rows = latestOf(data);
          if (!rows.length)
            return (
              <Text size="sm" c="dimmed">
                Nothing is logged yet.
              </Text>
            );
          return (
            <>
              <Table className="named numbers">
                <Table.Tbody>
                  {rows.slice(0, MOST).map(({ id, key, value, step }) => (
                    <Table.Tr key={id}>
                      <Table.Th className="breaks">{key}</Table.Th>
                      <Table.Td>{value}</Table.Td>
                      <Table.Td c="dimmed">{step && `step ${step}`}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
              {rows.length > MOST && (
                <Link href={`/analyze?runs=${run.id}`} className="link">
                  {rows.length - MOST} more in Analyze
                </Link>
              )}
            </>
          );
        }}
      </DataState>
    </section>
  );
}
