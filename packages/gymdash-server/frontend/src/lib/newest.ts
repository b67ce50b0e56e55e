/** The newest values of the scalars of several runs, side by side. */

import { lastValueText } from "./latest";

interface Stat {
  key: string;
  kind: string;
  last_value: unknown;
}

export interface Newest {
  key: string;
  /** One for each run, empty where it has none. */
  values: string[];
  differs: boolean;
}

/** A row for each name that any of the runs has, in their order; what is still being read has none. */
export function newestOf(runs: (readonly Stat[] | undefined)[]): Newest[] {
  const told = runs.map((stats) => {
    const scalars = (stats ?? []).filter(({ kind, last_value }) => kind === "scalars" && last_value !== null);
    return new Map(scalars.map(({ key, last_value }) => [key, lastValueText(last_value)]));
  });
  const keys = [...new Set(told.flatMap((values) => [...values.keys()]))].sort((a, b) => a.localeCompare(b));
  return keys.map((key) => {
    const values = told.map((known) => known.get(key) ?? "");
    return { key, values, differs: values.some((value) => value !== values[0]) };
  });
}
