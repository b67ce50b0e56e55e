/** What the schema of a control says about the values that it takes, and whether a draft is one. */

import { isObject, lookUp, type Schema } from "./schema";

export interface Bounds {
  kind: "number" | "integer" | "boolean" | "choice" | "text" | "json";
  min: number | undefined;
  max: number | undefined;
  /** Whether the bounds themselves are out of bounds. */
  isAbove: boolean;
  isBelow: boolean;
  choices: string[];
  /** Of what is typed as JSON: a list, an object, or anything. */
  shape: "array" | "object" | undefined;
}

export function boundsOf(schema: unknown): Bounds {
  const node = isObject(schema) ? plain(schema, schema) : {};
  const choices =
    Array.isArray(node.enum) && node.enum.every((item) => typeof item === "string")
      ? (node.enum as string[])
      : [];
  const [min, above] = [number(node.minimum), number(node.exclusiveMinimum)];
  const [max, below] = [number(node.maximum), number(node.exclusiveMaximum)];
  const isAbove = above !== undefined && (min === undefined || above >= min);
  const isBelow = below !== undefined && (max === undefined || below <= max);
  return {
    kind: choices.length ? "choice" : kindOf(node.type),
    min: isAbove ? above : min,
    max: isBelow ? below : max,
    isAbove,
    isBelow,
    choices,
    shape: node.type === "array" || node.type === "object" ? node.type : undefined,
  };
}

export type Plain = Bounds & { kind: Exclude<Bounds["kind"], "json"> };

/** The bounds of what has one value and a field of its own; null for what is typed as JSON, or may be nothing. */
export function plainBounds(schema: unknown): Plain | null {
  if (isObject(schema) && (Array.isArray(schema.anyOf) || Array.isArray(schema.oneOf))) return null;
  const bounds = boundsOf(schema);
  return bounds.kind === "json" ? null : { ...bounds, kind: bounds.kind };
}

/** What the field of such a value begins with; undefined where there is nothing to send yet. */
export const firstDraft = ({ kind }: Plain): unknown =>
  kind === "boolean" ? false : kind === "text" ? "" : undefined;

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
export function boundsText({ min, max, isAbove, isBelow }: Bounds): string {
  const low = min === undefined ? [] : [`${isAbove ? "above" : "from"} ${min}`];
  const high = max === undefined ? [] : [`${isBelow ? "below" : "up to"} ${max}`];
  const isClosed = low.length > 0 && high.length > 0 && !isAbove && !isBelow;
  return isClosed ? `from ${min} to ${max}` : [...low, ...high].join(", ");
}

/** A draft as it is sent, or why it is not. */
export type Checked = { value: unknown; refused?: undefined } | { value?: undefined; refused: string };

/** Say at once what the server would refuse: another type, or a number that is out of bounds. */
export function checked(draft: unknown, bounds: Bounds): Checked {
  if (bounds.kind === "number" || bounds.kind === "integer") return checkedNumber(draft, bounds);
  const isList = Array.isArray(draft);
  if (bounds.shape === "array" && !isList) return { refused: "It takes a list, such as [1, 2]" };
  if (bounds.shape === "object" && !isObject(draft))
    return { refused: 'It takes an object, such as {"a": 1}' };
  return { value: draft };
}

function checkedNumber(draft: unknown, bounds: Bounds): Checked {
  const { kind, min, max, isAbove, isBelow } = bounds;
  const value = typeof draft === "string" && draft.trim() !== "" ? Number(draft) : draft;
  const range = boundsText(bounds);
  const takes = `it takes ${kind === "integer" ? "whole numbers" : "numbers"}${range && ` ${range}`}`;
  if (typeof value !== "number" || !Number.isFinite(value)) return { refused: `Not a number: ${takes}` };
  if (kind === "integer" && !Number.isInteger(value)) return { refused: `Not a whole number: ${takes}` };
  if (min !== undefined && (isAbove ? value <= min : value < min)) return { refused: `Too small: ${takes}` };
  if (max !== undefined && (isBelow ? value >= max : value > max)) return { refused: `Too large: ${takes}` };
  return { value };
}

/** By how much the arrows of a field change a number: by one of its first digit. */
export function stepOf(value: unknown, { kind }: Bounds): number {
  if (kind === "integer" || typeof value !== "number" || !Number.isFinite(value)) return 1;
  return value === 0 ? 0.1 : 10 ** Math.floor(Math.log10(Math.abs(value)));
}
