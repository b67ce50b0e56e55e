/** Which stats' last values are columns of the table; the browser keeps the choice. */

import { MultiSelect } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useState } from "react";
import { useOfferedKeys } from "@/api/lastValues";
import { distinctKeys } from "@/lib/grouping";

const MOST = 12;

export function useStatColumns(): [string[], (keys: string[]) => void] {
  const [keys, setKeys] = useLocalStorage<string[]>({
    key: "gymdash-stat-columns",
    defaultValue: [],
    getInitialValueInEffect: false,
  });
  return [keys, setKeys];
}

interface Props {
  keys: string[];
  setKeys: (keys: string[]) => void;
}

export function StatColumns({ keys, setKeys }: Props) {
  const [isOpen, setOpen] = useState(false);
  const offered = useOfferedKeys(isOpen);
  return (
    <MultiSelect
      aria-label="Columns of last values"
      placeholder={keys.length ? "" : "Last values of…"}
      data={distinctKeys([...(offered.data ?? []), ...keys])}
      value={keys}
      onChange={setKeys}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
      nothingFoundMessage={offered.isFetching ? "Reading…" : "No run has logged a number"}
      maxValues={MOST}
      searchable
      clearable
      w={320}
    />
  );
}
