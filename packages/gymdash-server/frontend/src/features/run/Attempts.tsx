/** The attempts of a run. */

import { Table, Title } from "@mantine/core";
import type { Attempt, Run } from "@/api/client";
import { useAttempts } from "@/api/queries";
import { formatDuration, formatTime, secondsBetween } from "@/lib/format";
import { isLive } from "@/ui/states";

export function Attempts({ run }: { run: Run }) {
  const { data = [] } = useAttempts(run.id);
  if (data.length < 2) return null;
  return (
    <section className="card" style={{ padding: 18 }}>
      <Title order={3} size="h5" mb="sm">
        Attempts
      </Title>
      <Table.ScrollContainer minWidth={680}>
        <Table className="numbers">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Attempt</Table.Th>
              <Table.Th>Started</Table.Th>
              <Table.Th>Ended</Table.Th>
              <Table.Th>Took</Table.Th>
              <Table.Th>First step</Table.Th>
              <Table.Th>How it ended</Table.Th>
              <Table.Th>From checkpoint</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.map((attempt) => (
              <Table.Tr key={attempt.attempt}>
                <Table.Td>{attempt.attempt}</Table.Td>
                <Table.Td>{formatTime(attempt.started)}</Table.Td>
                <Table.Td>{formatTime(attempt.ended)}</Table.Td>
                <Table.Td>{tookOf(attempt, run)}</Table.Td>
                <Table.Td>{attempt.first_step}</Table.Td>
                <Table.Td className="breaks">
                  {[attempt.state, attempt.reason].filter(Boolean).join(": ")}
                </Table.Td>
                <Table.Td>{attempt.resume_from}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  );
}

/** How long an attempt took, or has taken so far; nothing where nobody knows when it ended. */
function tookOf({ attempt, started, ended }: Attempt, run: Run): string {
  const goesOn = attempt === run.attempt && isLive(run);
  return ended || goesOn ? formatDuration(secondsBetween(started, ended, Date.now())) : "";
}
