/** Why a plot shows nothing, in words. */

import type { Aligned } from "./align";
import { formatCount, formatNumber } from "./format";
import type { Extent } from "./ranges";
import { asNumber, type Columns } from "./series";

interface Shown {
  data: Aligned;
  columns: Pick<Columns, "step" | "value">[];
  /** How many points there are; more than are in the columns where they were thinned out. */
  total: number;
  isLog: boolean;
  range: Extent | null;
}

/** Null where something is drawn, or where nothing was logged yet. */
export function whyEmpty({ data, columns, total, isLog, range }: Shown): string | null {
  if (total === 0 || hasNumber(data, range)) return null;
  const count = `${formatCount(total)} ${total === 1 ? "value" : "values"}`;
  const values = columns.flatMap(({ value }) => value.map(asNumber));
  if (!values.some(Number.isFinite)) return `${count}, none finite: ${firstOf(columns)}`;
  if (isLog && !values.some((value) => Number.isFinite(value) && value > 0))
    return `${count}, none above zero: a logarithmic axis has no place for them`;
  return range ? "Nothing in this range" : null;
}

function firstOf(columns: Shown["columns"]): string {
  const firsts = columns.flatMap(({ step, value }) =>
    step.length ? [{ step: step[0] as number, value: asNumber(value[0]) }] : [],
  );
  const first = firsts.sort((a, b) => a.step - b.step)[0];
  return first
    ? `first ${formatNumber(first.value)} at step ${formatNumber(first.step)}`
    : "they are not known";
}

function hasNumber([x, ...lines]: Aligned, range: Extent | null): boolean {
  const [from, to] = range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return lines.some((line) =>
    line.some(
      (value, at) => typeof value === "number" && (x[at] as number) >= from && (x[at] as number) <= to,
    ),
  );
}
