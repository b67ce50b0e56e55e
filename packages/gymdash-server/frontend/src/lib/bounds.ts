/** What the schema of a control says about the numbers that it takes. */

import { isObject, lookUp, type Schema } from "./schema";

export interface Bounds {
  kind: "number" | "integer" | "boolean" | "choice" | "text" | "json";
  min: number | undefined;
  max: number | undefined;
  choices: string[];
}

export function boundsOf(schema: unknown): Bounds {
  const node = isObject(schema) ? plain(schema, schema) : {};
  const choices =
    Array.isArray(node.enum) && node.enum.every((item) => typeof item === "string")
      ? (node.enum as string[])
      : [];
  return {
    kind: choices.length ? "choice" : kindOf(node.type),
    min: number(node.minimum) ?? number(node.exclusiveMinimum),
    max: number(node.maximum) ?? number(node.exclusiveMaximum),
    choices,
  };
}

function plain(schema: Schema, root: Schema): Schema {
  if (typeof schema.$ref === "string") {
    const found = lookUp(schema.$ref, root);
    return isObject(found) ? plain(found, root) : {};
  }
  const any = Array.isArray(schema.anyOf)
    ? schema.anyOf.filter((item) => isObject(item) && item.type !== "null")
    : [];
  return any.length === 1 && isObject(any[0]) ? plain(any[0], root) : schema;
}

function kindOf(type: unknown): Bounds["kind"] {
  if (type === "number" || type === "integer" || type === "boolean") return type;
  return type === "string" ? "text" : "json";
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** The bounds in words. */
export function boundsText({ min, max }: Bounds): string {
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}`;
  if (min !== undefined) return `from ${min}`;
  return max !== undefined ? `up to ${max}` : "";
}
