/** The cells of a run's row. */

import { Badge } from "@mantine/core";
import { Link } from "wouter";
import type { Run } from "@/api/client";
import { formatDuration, formatNumber, formatTime } from "@/lib/format";
import { runSeconds, runtimeText } from "@/lib/runtime";
import { asNumber } from "@/lib/series";
import { isKwarg, nameIn, text } from "@/lib/table";
import { CutName } from "@/ui/CutName";
import { RunProgress, StateBadge } from "@/ui/states";

export function Cell({
  children,
  title,
  mono,
}: {
  children: React.ReactNode;
  title?: string;
  mono?: boolean;
}) {
  return (
    <span role="cell" className={mono ? "cell mono" : "cell numbers"} title={title}>
      {children}
    </span>
  );
}

interface CellsProps {
  run: Run;
  extra: string[];
  values: Readonly<Record<string, unknown>> | undefined;
}

export function RunCells({ run, extra, values = {} }: CellsProps) {
  const now = Date.now();
  const seconds = runSeconds(run, now);
  return (
    <>
      <Cell title={run.name}>
        <Link href={`/runs/${run.id}?runs=${run.id}`} className="link">
          <CutName name={run.name} />
        </Link>
      </Cell>
      <Cell>
        <StateBadge run={run} />
      </Cell>
      <Cell>
        <RunProgress run={run} />
      </Cell>
      <Cell title={run.key} mono>
        {run.key}
      </Cell>
      <Cell>{formatTime(run.created)}</Cell>
      <Cell title={runtimeText(run, now)}>{seconds === undefined ? "" : formatDuration(seconds)}</Cell>
      {extra.map((column) => {
        const name = nameIn(column);
        if (!isKwarg(column)) {
          const value = values[name];
          return <Cell key={column}>{value == null ? "" : formatNumber(asNumber(value))}</Cell>;
        }
        const value = text(run.kwargs[name]);
        return (
          <Cell key={column} title={value.slice(0, 2000)} mono>
            {value.slice(0, 200)}
          </Cell>
        );
      })}
      <Cell>
        {run.tags.map((tag) => (
          <Badge key={tag} size="xs" variant="default" mr={4} tt="none">
            {tag}
          </Badge>
        ))}
      </Cell>
    </>
  );
}
