/** Which arguments and which stats' last values are columns of the table; the browser keeps the choice. */

import { MultiSelect } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useMemo, useState } from "react";
import type { Run } from "@/api/client";
import { useOfferedKeys } from "@/api/lastValues";
import { distinctKeys } from "@/lib/grouping";
import { isKwarg, isValue, kwargColumns, nameIn, valueColumn } from "@/lib/table";

const MOST = 12;
const OFFERED = 200;

export function useColumns(): [string[], (columns: string[]) => void] {
  const [columns, setColumns] = useLocalStorage<string[]>({
    key: "gymdash-columns",
    defaultValue: [],
    getInitialValueInEffect: false,
  });
  return [columns, setColumns];
}

interface Props {
  runs: Run[];
  columns: string[];
  setColumns: (columns: string[]) => void;
}

export function Columns({ runs, columns, setColumns }: Props) {
  const [isOpen, setOpen] = useState(false);
  const offered = useOfferedKeys(isOpen);
  const data = useMemo(() => {
    const labelled = (all: string[]) => all.map((value) => ({ value, label: nameIn(value) }));
    const kwargs = isOpen ? kwargColumns(runs, OFFERED) : [];
    const values = (offered.data ?? []).map(valueColumn);
    return [
      { group: "Arguments", items: labelled(distinctKeys([...kwargs, ...columns.filter(isKwarg)])) },
      { group: "Last values", items: labelled(distinctKeys([...values, ...columns.filter(isValue)])) },
    ];
  }, [runs, columns, offered.data, isOpen]);
  return (
    <MultiSelect
      aria-label="Columns of arguments and of last values"
      placeholder={columns.length ? "" : "Columns…"}
      data={data}
      value={columns}
      onChange={setColumns}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
      nothingFoundMessage={
        offered.isFetching ? "Reading…" : "No run has such an argument, or a number of that name"
      }
      maxValues={MOST}
      searchable
      clearable
      w={{ base: "100%", xs: 320 }}
    />
  );
}
