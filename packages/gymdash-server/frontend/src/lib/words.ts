/** Values of any kind as people read them: no braces, no quotes, and long ones cut. */

import { formatBytes, formatNumber } from "./format";
import { isObject } from "./schema";

const LONGEST = 80;
const MOST = 4;

export function inWords(value: unknown): string {
  const text = told(value, 0);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function told(value: unknown, depth: number): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "string") return value === "" ? "an empty text" : value;
  if (Array.isArray(value))
    return listed(
      value.map((item) => told(item, depth + 1)),
      depth,
    );
  if (!isObject(value)) return String(value);
  if (typeof value.truncated === "string" && typeof value.size_bytes === "number")
    return `a ${value.truncated} of ${formatBytes(value.size_bytes)}`;
  return listed(
    Object.entries(value).map(([name, item]) => `${name.replaceAll("_", " ")} ${told(item, depth + 1)}`),
    depth,
  );
}

/** The first of several; those within others are in brackets. */
function listed(items: string[], depth: number): string {
  if (!items.length) return "nothing";
  const more = items.length - MOST;
  const text = items.slice(0, MOST).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return depth ? `(${text})` : text;
}
