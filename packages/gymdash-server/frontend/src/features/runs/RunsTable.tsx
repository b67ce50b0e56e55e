/** The rows: only those that are on the screen are there, which a table element cannot do; hence the roles. */

import { Badge, Checkbox } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { Link } from "wouter";
import type { Run } from "@/api/client";
import { formatDuration, formatTime, secondsBetween } from "@/lib/format";
import { kwargName, type Sort, text } from "@/lib/table";
import { RunProgress, StateBadge } from "@/ui/states";
import { useSelection } from "@/ui/useSelection";

const ROW_PX = 44;

interface Props {
  runs: Run[];
  extra: string[];
  sort: Sort;
  setSort: (sort: Sort) => void;
}

export function RunsTable({ runs, extra, sort, setSort }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: runs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const { selected, set } = useSelection();
  const columns: [string, string, string][] = [
    ["name", "Name", "minmax(170px, 2fr)"],
    ["state", "State", "96px"],
    ["progress", "Progress", "110px"],
    ["key", "Type", "minmax(110px, 1fr)"],
    ["created", "Created", "165px"],
    ["duration", "Duration", "96px"],
    ...extra.map((column): [string, string, string] => [column, kwargName(column), "minmax(80px, 120px)"]),
    ["tags", "Tags", "minmax(70px, 1fr)"],
  ];
  const grid = {
    gridTemplateColumns: `24px ${columns.map(([, , width]) => width).join(" ")}`,
    minWidth: 860 + extra.length * 92,
  };
  const toggle = (id: string) =>
    set(selected.includes(id) ? selected.filter((other) => other !== id) : [...selected, id]);
  return (
    <div className="card" ref={scroller} style={{ overflow: "auto", maxHeight: "calc(100vh - 200px)" }}>
      <div role="table" aria-label="Runs" aria-rowcount={runs.length + 1}>
        <div role="row" className="table-row table-head" style={{ ...grid, height: 36 }} aria-rowindex={1}>
          <span role="columnheader" aria-label="Selected" />
          {columns.map(([column, title]) => (
            <span key={column} role="columnheader" className="cell" aria-sort={sortOf(sort, column)}>
              {column === "progress" ? (
                title
              ) : (
                <button
                  type="button"
                  onClick={() =>
                    setSort({ column, descending: sort.column === column ? !sort.descending : false })
                  }
                >
                  {title}
                  {sort.column === column && (sort.descending ? " ↓" : " ↑")}
                </button>
              )}
            </span>
          ))}
        </div>
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map((item) => {
            const run = runs[item.index];
            if (!run) return null;
            const place = {
              ...grid,
              height: ROW_PX,
              position: "absolute",
              top: item.start,
              width: "100%",
            } as const;
            return (
              <div key={run.id} role="row" className="table-row" style={place} aria-rowindex={item.index + 2}>
                <Cell>
                  <Checkbox
                    size="xs"
                    checked={selected.includes(run.id)}
                    onChange={() => toggle(run.id)}
                    aria-label={`Select ${run.name}`}
                  />
                </Cell>
                <Cells run={run} extra={extra} />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function sortOf(sort: Sort, column: string): "ascending" | "descending" | "none" {
  if (sort.column !== column) return "none";
  return sort.descending ? "descending" : "ascending";
}

function Cell({ children, title, mono }: { children: React.ReactNode; title?: string; mono?: boolean }) {
  return (
    <span role="cell" className={mono ? "cell mono" : "cell numbers"} title={title}>
      {children}
    </span>
  );
}

function Cells({ run, extra }: { run: Run; extra: string[] }) {
  return (
    <>
      <Cell title={run.name}>
        <Link href={`/runs/${run.id}?runs=${run.id}`} className="link">
          {run.name}
        </Link>
      </Cell>
      <Cell>
        <StateBadge run={run} />
      </Cell>
      <Cell>
        <RunProgress run={run} />
      </Cell>
      <Cell mono>{run.key}</Cell>
      <Cell>{formatTime(run.created)}</Cell>
      <Cell>{formatDuration(secondsBetween(run.started, run.ended, Date.now()))}</Cell>
      {extra.map((column) => {
        const value = text(run.kwargs[kwargName(column)]);
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
