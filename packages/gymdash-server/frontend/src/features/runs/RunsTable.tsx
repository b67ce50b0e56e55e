/** The rows: only those that are on the screen are there, which a table element cannot do; hence the roles. */

import { Checkbox } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import type { Run } from "@/api/client";
import type { LastValues } from "@/lib/lastValues";
import { columnPx, isKwarg, nameIn, type Sort, text } from "@/lib/table";
import { useSelection } from "@/ui/useSelection";
import { Cell, RunCells } from "./RunCells";

const ROW_PX = 44;
/** The least widths of the columns with the gaps between them. */
const LEAST_PX = 938;
const GAP_PX = 12;
/** So many runs are enough to tell how long the values of a column are. */
const LOOKED_AT = 50;

interface Props {
  runs: Run[];
  /** Columns of arguments and of last values. */
  extra: string[];
  values: LastValues;
  sort: Sort;
  setSort: (sort: Sort) => void;
}

export function RunsTable({ runs, extra, values, sort, setSort }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: runs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const { selected, set } = useSelection();
  const widths = extra.map((column) => widthOf(column, runs));
  const columns: [string, string, string][] = [
    ["name", "Name", "minmax(170px, 2fr)"],
    ["state", "State", "96px"],
    ["progress", "Progress", "90px"],
    ["key", "Type", "minmax(125px, 1fr)"],
    ["created", "Created", "155px"],
    ["duration", "Total time", "96px"],
    ...extra.map((column, at): [string, string, string] => [column, nameIn(column), `${widths[at]}px`]),
    ["tags", "Tags", "minmax(70px, 1fr)"],
  ];
  const grid = {
    gridTemplateColumns: `24px ${columns.map(([, , width]) => width).join(" ")}`,
    minWidth: widths.reduce((sum, width) => sum + width + GAP_PX, LEAST_PX),
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
                  title={title}
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
              <div
                key={run.id}
                role="row"
                className="table-row"
                data-selected={selected.includes(run.id) || undefined}
                style={place}
                aria-rowindex={item.index + 2}
              >
                <Cell>
                  <Checkbox
                    size="xs"
                    checked={selected.includes(run.id)}
                    onChange={() => toggle(run.id)}
                    aria-label={`Select ${run.name}`}
                  />
                </Cell>
                <RunCells run={run} extra={extra} values={values.get(run.id)} />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** The values of an argument count; last values are numbers, which are short. */
function widthOf(column: string, runs: Run[]): number {
  const name = nameIn(column);
  const values = isKwarg(column) ? runs.slice(0, LOOKED_AT).map(({ kwargs }) => text(kwargs[name])) : [];
  return columnPx(name, values);
}

function sortOf(sort: Sort, column: string): "ascending" | "descending" | "none" {
  if (sort.column !== column) return "none";
  return sort.descending ? "descending" : "ascending";
}
