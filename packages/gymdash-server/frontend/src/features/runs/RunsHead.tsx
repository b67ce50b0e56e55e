/** The heads of the columns: a box that selects all rows, and what sorts them. */

import { Checkbox } from "@mantine/core";
import type { CSSProperties } from "react";
import type { Sort } from "@/lib/table";

interface Props {
  /** Their names and titles. */
  columns: (readonly [string, string, ...unknown[]])[];
  style: CSSProperties;
  sort: Sort;
  setSort: (sort: Sort) => void;
  /** How many of the rows are selected. */
  chosen: "all" | "some" | "none";
  onChoose: () => void;
}

export function RunsHead({ columns, style, sort, setSort, chosen, onChoose }: Props) {
  return (
    <div role="row" className="table-row table-head" style={style} aria-rowindex={1}>
      <span role="columnheader" className="cell">
        <Checkbox
          size="xs"
          checked={chosen === "all"}
          indeterminate={chosen === "some"}
          onChange={onChoose}
          aria-label="Select all that are shown"
        />
      </span>
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
  );
}

function sortOf(sort: Sort, column: string): "ascending" | "descending" | "none" {
  if (sort.column !== column) return "none";
  return sort.descending ? "descending" : "ascending";
}
