/** Colours of runs, remembered by the browser. */

import { useComputedColorScheme } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useEffect, useMemo } from "react";
import { type Assigned, assign, bounded, PALETTE } from "@/lib/colors";

const MOST_REMEMBERED = 2000;

/** The colour of each of the runs that are shown together. */
export function useRunColors(shown: string[]): (id: string) => string {
  const scheme = useComputedColorScheme("light");
  const [known, setKnown] = useLocalStorage<Assigned>({
    key: "gymdash-colors",
    defaultValue: {},
    getInitialValueInEffect: false,
  });
  const assigned = useMemo(() => assign(known, shown), [known, shown]);
  useEffect(() => {
    if (assigned !== known) setKnown(bounded(assigned, MOST_REMEMBERED));
  }, [assigned, known, setKnown]);
  return (id) => PALETTE[scheme][assigned[id] ?? 0] as string;
}
