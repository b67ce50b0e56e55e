/** The table of runs: its columns, its order, and how arguments of runs differ. */

import type { LastValues } from "./lastValues";
import { runSeconds, type Timed } from "./runtime";
import { same } from "./schema";
import { asNumber } from "./series";

export interface Row extends Timed {
  id: string;
  name: string;
  key: string;
  created: string;
  kwargs: Record<string, unknown>;
  tags: string[];
}

export interface Sort {
  column: string;
  descending: boolean;
}

const KWARG = "kwargs.";
const VALUE = "values.";
/** One for all: `localeCompare` with options makes one a comparison. */
const COLLATOR = new Intl.Collator("en", { numeric: true });
export const isKwarg = (column: string): boolean => column.startsWith(KWARG);
export const isValue = (column: string): boolean => column.startsWith(VALUE);
export const valueColumn = (key: string): string => VALUE + key;
/** The argument, or the stat, of a column that is one. */
export const nameIn = (column: string): string => column.slice(column.indexOf(".") + 1);

export function cellOf(row: Row, column: string, nowMs: number, values?: LastValues): unknown {
  if (isKwarg(column)) return row.kwargs[nameIn(column)];
  if (isValue(column)) return sortable(values?.get(row.id)?.[nameIn(column)]);
  if (column === "duration") return runSeconds(row, nowMs);
  if (column === "tags") return row.tags.join(", ");
  return row[column as keyof Row];
}

/** A value as a number; what is no number is missing, an infinite one is not. */
function sortable(value: unknown): number | undefined {
  const number = value === undefined || value === null ? Number.NaN : asNumber(value);
  return Number.isNaN(number) ? undefined : number;
}

export function sorted<T extends Row>(
  rows: T[],
  { column, descending }: Sort,
  nowMs: number,
  values?: LastValues,
): T[] {
  const keyed = rows.map((row) => ({ row, cell: cellOf(row, column, nowMs, values) }));
  keyed.sort((a, b) => compare(a.cell, b.cell, descending));
  return keyed.map(({ row }) => row);
}

/** Numbers by size, texts as people sort; what is missing comes last in either direction. */
function compare(a: unknown, b: unknown, descending: boolean): number {
  if (a === undefined || a === null) return b === undefined || b === null ? 0 : 1;
  if (b === undefined || b === null) return -1;
  const order = typeof a === "number" && typeof b === "number" ? a - b : COLLATOR.compare(text(a), text(b));
  return descending ? -order : order;
}

export function text(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Columns for arguments: those that runs set, most often set first. */
export function kwargColumns(rows: Row[], most: number): string[] {
  const uses = new Map<string, number>();
  for (const row of rows)
    for (const name of Object.keys(row.kwargs)) uses.set(name, (uses.get(name) ?? 0) + 1);
  return [...uses]
    .sort(([a, m], [b, n]) => n - m || a.localeCompare(b))
    .slice(0, most)
    .map(([name]) => KWARG + name);
}

/** Columns that are shown: the chosen ones; of arguments those that are set most often where none is chosen. */
export function shownColumns(rows: Row[], chosen: string[], most: number): string[] {
  const kwargs = chosen.filter(isKwarg);
  return [...(kwargs.length ? kwargs : kwargColumns(rows, most)), ...chosen.filter(isValue)];
}

/** An argument of one run. */
export interface Given {
  value: unknown;
  /** It was not given: the value is what the type says now, which need not be what the run had. */
  isDefault: boolean;
}

export interface Difference {
  name: string;
  values: Given[];
  differs: boolean;
}

type Kwargs = Record<string, unknown>;

/** Arguments of several runs side by side, with the defaults of each one's type; those that differ come first. */
export function differences(runs: { kwargs: Kwargs; defaults?: Kwargs | undefined }[]): Difference[] {
  const names = runs.flatMap(({ kwargs, defaults }) => [
    ...Object.keys(kwargs),
    ...Object.keys(defaults ?? {}),
  ]);
  return [...new Set(names)]
    .sort()
    .map((name) => {
      const values = runs.map(({ kwargs, defaults }) => argument(name, kwargs, defaults));
      return { name, values, differs: values.some(({ value }) => !same(value, values[0]?.value)) };
    })
    .sort((a, b) => Number(b.differs) - Number(a.differs));
}

/** The arguments of one run: those that it was given, then the defaults of the others. */
export function argumentsOf(kwargs: Kwargs, defaults?: Kwargs): { name: string; given: Given }[] {
  return differences([{ kwargs, defaults }])
    .map(({ name, values: [given] }) => ({ name, given: given as Given }))
    .sort((a, b) => Number(a.given.isDefault) - Number(b.given.isDefault));
}

/** One that was left empty was not given either. */
function argument(name: string, kwargs: Kwargs, defaults: Kwargs = {}): Given {
  const own = (from: Kwargs) => (Object.hasOwn(from, name) ? from[name] : undefined);
  const given = own(kwargs);
  return given === undefined ? { value: own(defaults), isDefault: true } : { value: given, isDefault: false };
}

const CHARACTER_PX = 7.6;
const SORTED_PX = 16;
const [LEAST_COLUMN_PX, MOST_COLUMN_PX] = [80, 190];

/** How wide a column is that shows its head, with room for the arrow of an order, and its values; within bounds. */
export function columnPx(head: string, values: string[]): number {
  const longest = Math.max(0, ...values.map((value) => value.length));
  const wanted = Math.max(head.length * CHARACTER_PX + SORTED_PX, longest * CHARACTER_PX);
  return Math.round(Math.min(MOST_COLUMN_PX, Math.max(LEAST_COLUMN_PX, wanted)));
}
