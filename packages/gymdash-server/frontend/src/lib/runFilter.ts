/** The filter of runs: words, and conditions on arguments and on the newest values of stats, such as `lr>0.001`. */

import { isObject } from "./schema";
import { matchesWords } from "./search";
import { asNumber } from "./series";

type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=";

export interface Condition {
  name: string;
  operator: Operator;
  wanted: string;
}

export interface RunFilter {
  words: string;
  conditions: Condition[];
}

/** What a run says of itself. */
export interface Told {
  texts: string[];
  kwargs: Record<string, unknown>;
  defaults?: Record<string, unknown> | undefined;
  values?: Readonly<Record<string, unknown>> | undefined;
}

const CONDITION = /^([^\s<>=!]+)(<=|>=|!=|=|<|>)(\S+)$/;

export function readFilter(text: string): RunFilter {
  const parts = text.split(/\s+/).filter(Boolean);
  const words = parts.filter((part) => !CONDITION.test(part)).join(" ");
  const conditions = parts.flatMap((part) => {
    const [, name, operator, wanted] = CONDITION.exec(part) ?? [];
    return name && operator && wanted ? [{ name, operator: operator as Operator, wanted }] : [];
  });
  return { words, conditions };
}

/** Names that stand in conditions and are no argument: stats, whose newest values have to be read. */
export function statsIn({ conditions }: RunFilter, runs: Pick<Told, "kwargs" | "defaults">[]): string[] {
  const isArgument = (name: string) => runs.some((run) => argumentOf(run, name) !== undefined);
  return [...new Set(conditions.map(({ name }) => name))].filter((name) => !isArgument(name));
}

export function passes({ words, conditions }: RunFilter, run: Told): boolean {
  return matchesWords(words, ...run.texts) && conditions.every((condition) => holds(condition, run));
}

/** A run that has nothing of that name passes no condition on it. */
function holds({ name, operator, wanted }: Condition, run: Told): boolean {
  const argument = argumentOf(run, name);
  const found =
    argument === undefined && run.values && Object.hasOwn(run.values, name) ? run.values[name] : argument;
  if (found === undefined) return false;
  if (operator === "=" || operator === "!=") return equal(found, wanted) === (operator === "=");
  const [a, b] = [asNumber(found), numberIn(wanted)];
  if (Number.isNaN(a) || Number.isNaN(b)) return false;
  return operator === "<" ? a < b : operator === "<=" ? a <= b : operator === ">" ? a > b : a >= b;
}

function equal(found: unknown, wanted: string): boolean {
  if (typeof found === "number") return found === numberIn(wanted);
  const text = typeof found === "string" ? found : JSON.stringify(found);
  return text.toLowerCase() === wanted.toLowerCase();
}

function numberIn(text: string): number {
  const named = asNumber(text);
  return Number.isNaN(named) ? Number(text) : named;
}

/** An argument by its name, or inside of another by a path with dots; what was not given has its default. */
function argumentOf({ kwargs, defaults }: Pick<Told, "kwargs" | "defaults">, name: string): unknown {
  const given = within(kwargs, name);
  return given === undefined && defaults ? within(defaults, name) : given;
}

function within(from: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(from, name)) return from[name];
  const dot = name.indexOf(".");
  const inner = dot > 0 && Object.hasOwn(from, name.slice(0, dot)) ? from[name.slice(0, dot)] : undefined;
  return isObject(inner) ? within(inner, name.slice(dot + 1)) : undefined;
}
