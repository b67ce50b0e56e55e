/** Where results come from, in parts for the page: what is one value each comes first, together. */

import { isObject } from "./schema";
import { text } from "./table";

export interface ProvenancePart {
  name: string;
  /** Short values by name. */
  rows: [string, string][];
  /** Texts of several lines, which are folded. */
  folded: [string, string][];
}

const GENERAL = "general";
/** Its names are those of packages, which are told as they are. */
const PACKAGES = "packages";

export function partsOf(provenance: Record<string, unknown>): ProvenancePart[] {
  const entries = Object.entries(provenance).filter(([, value]) => value !== null && value !== "");
  const single = entries.filter(([, value]) => !isObject(value));
  const several = entries.filter((entry): entry is [string, Record<string, unknown>] => isObject(entry[1]));
  const general: [string, Record<string, unknown>][] = single.length
    ? [[GENERAL, Object.fromEntries(single)]]
    : [];
  return [...general, ...several].map(([name, values]) => partOf(name, values));
}

function partOf(name: string, values: Record<string, unknown>): ProvenancePart {
  const told = Object.entries(values).map(([key, value]): [string, string] => [
    name === PACKAGES ? key : named(key),
    valueText(value),
  ]);
  const isFolded = ([, value]: [string, string]) => value.includes("\n");
  return { name: named(name), rows: told.filter((row) => !isFolded(row)), folded: told.filter(isFolded) };
}

const named = (name: string) => name.replaceAll("_", " ");

/** A list has a line each, so that a long one is folded. */
function valueText(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value) && !value.length) return "none";
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join("\n");
  return text(value);
}
