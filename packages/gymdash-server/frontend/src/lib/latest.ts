/** What a run has logged last: a line for each of its stats. */

import { formatCount, formatNumber } from "./format";
import { asNumber } from "./series";

interface Stat {
  key: string;
  kind: string;
  count: number;
  last_step: number | null;
  last_value: unknown;
}

export interface Latest {
  id: string;
  key: string;
  /** The newest value; of what is no number how many there are. */
  value: string;
  step: string;
}

/** The newest value of a scalar, infinite ones included; empty where it has none. */
export function lastValueText(value: unknown): string {
  return value === null ? "" : formatNumber(asNumber(value));
}

/** Numbers come first, then the others, each in the order of their names. */
export function latestOf(stats: Stat[]): Latest[] {
  const rank = ({ kind }: Stat) => Number(kind !== "scalars");
  return [...stats]
    .sort((a, b) => rank(a) - rank(b) || a.key.localeCompare(b.key))
    .map(({ key, kind, count, last_step, last_value }) => ({
      id: `${kind} ${key}`,
      key,
      value: kind === "scalars" ? lastValueText(last_value) : `${formatCount(count)} ${kind}`,
      step: formatNumber(last_step),
    }));
}
