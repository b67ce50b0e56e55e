/** The rows: only those that are on the screen are there, which a table element cannot do; hence the roles. */

import { Checkbox } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ChangeEvent, useMemo, useRef } from "react";
import type { Run } from "@/api/client";
import { formatCount } from "@/lib/format";
import type { LastValues } from "@/lib/lastValues";
import { MOST_AT_ONCE, shareOf, toggleAll } from "@/lib/selection";
import { columnPx, isKwarg, nameIn, type Sort, text } from "@/lib/table";
import { notify } from "@/ui/notify";
import { useSelection } from "@/ui/useSelection";
import { Cell, RunCells } from "./RunCells";
import { RunsHead } from "./RunsHead";

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
  const { selected, set, click } = useSelection();
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
  const order = useMemo(() => runs.map(({ id }) => id), [runs]);
  /** A box is ticked by a click or by the space bar; with Shift all up to it are. */
  const choose = (id: string, { nativeEvent }: ChangeEvent) =>
    click(order, id, { toggle: true, range: "shiftKey" in nativeEvent && nativeEvent.shiftKey === true });
  const chooseAll = () => {
    set(toggleAll(order, selected));
    if (order.length > MOST_AT_ONCE && shareOf(order, selected) !== "all")
      notify(`The first ${formatCount(MOST_AT_ONCE)} of ${formatCount(order.length)} runs are selected`);
  };
  return (
    <div className="card" ref={scroller} style={{ overflow: "auto", maxHeight: "calc(100vh - 200px)" }}>
      <div role="table" aria-label="Runs" aria-rowcount={runs.length + 1}>
        <RunsHead
          columns={columns}
          style={{ ...grid, height: 36 }}
          sort={sort}
          setSort={setSort}
          chosen={shareOf(order, selected)}
          onChoose={chooseAll}
        />
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
                    onChange={(event) => choose(run.id, event)}
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
