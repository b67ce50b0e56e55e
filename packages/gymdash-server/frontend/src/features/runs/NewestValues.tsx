/** The newest values of several runs, as rows of the table that compares them. */

import { Table } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { Link } from "wouter";
import type { Run } from "@/api/client";
import { statsQuery } from "@/api/queries";
import { newestOf } from "@/lib/newest";

const MOST_ROWS = 40;
/** The stats of more runs are not read: each is a request. */
const MOST_RUNS = 50;

export function NewestValues({ runs }: { runs: Run[] }) {
  const isRead = runs.length <= MOST_RUNS;
  const stats = useQueries({ queries: isRead ? runs.map(({ id }) => statsQuery(id)) : [] });
  const rows = newestOf(stats.map(({ data }) => data));
  const address = `/analyze?runs=${runs.map(({ id }) => id).join(",")}`;
  const told = isRead
    ? toldOf(
        stats.some(({ isPending }) => isPending),
        stats.filter(({ isError }) => isError).length,
        rows.length,
      )
    : `They are shown of up to ${MOST_RUNS} runs.`;
  return (
    <Table.Tbody>
      <Table.Tr>
        <Table.Th colSpan={runs.length + 1} scope="rowgroup">
          Newest values
        </Table.Th>
      </Table.Tr>
      {rows.slice(0, MOST_ROWS).map(({ key, values, differs }) => (
        <Table.Tr key={key}>
          <Table.Th scope="row" className="breaks" fw={400}>
            {key}
          </Table.Th>
          {values.map((value, at) => (
            <Table.Td key={runs[at]?.id} className="numbers" fw={differs ? 600 : 400}>
              {value}
            </Table.Td>
          ))}
        </Table.Tr>
      ))}
      {(told || rows.length > MOST_ROWS) && (
        <Table.Tr>
          <Table.Td colSpan={runs.length + 1} c="dimmed">
            {told}{" "}
            {rows.length > MOST_ROWS && (
              <Link href={address} className="link">
                {rows.length - MOST_ROWS} more in Analyze
              </Link>
            )}
          </Table.Td>
        </Table.Tr>
      )}
    </Table.Tbody>
  );
}

/** What is not there, and why. */
function toldOf(isReading: boolean, failed: number, found: number): string {
  if (isReading) return "Reading…";
  if (failed) return `The values of ${failed} of the runs could not be read.`;
  return found ? "" : "No run has logged a number.";
}
