/** Several runs at once, as people type them: seeds `0-4, 10`, a grid of one argument a line `lr = 0.1, 0.01`. */

import { errorText, type FieldError, type PlacedError } from "./fieldErrors";

export interface Parsed<T> {
  value: T;
  error: string | undefined;
}

const MOST = 1000;

export function parseSeeds(text: string): Parsed<number[]> {
  const seeds: number[] = [];
  for (const part of text.split(",").map((piece) => piece.trim())) {
    if (!part) continue;
    const range = /^(\d+)\s*-\s*(\d+)$/.exec(part);
    const [first, last] = range ? [Number(range[1]), Number(range[2])] : [Number(part), Number(part)];
    if (!Number.isInteger(first) || !Number.isInteger(last) || last < first) {
      return { value: [], error: `"${part}" is no seed and no range of seeds` };
    }
    if (seeds.length + last - first >= MOST) return { value: [], error: `At most ${MOST} seeds` };
    for (let seed = first; seed <= last; seed++) seeds.push(seed);
  }
  return { value: [...new Set(seeds)], error: undefined };
}

export function parseGrid(text: string): Parsed<Record<string, unknown[]>> {
  const grid: Record<string, unknown[]> = {};
  for (const line of text.split("\n").map((piece) => piece.trim())) {
    if (!line) continue;
    const at = line.indexOf("=");
    if (at < 1) return { value: {}, error: `"${line}": write name = value, value` };
    const values = parseValues(line.slice(at + 1).trim());
    if (!values.length) return { value: {}, error: `"${line}" has no values` };
    const name = line.slice(0, at).trim();
    if (name.split(".").some((part) => !part.trim()))
      return { value: {}, error: `"${name}" has an empty part: write name or outer.name` };
    grid[name] = values;
  }
  return { value: grid, error: undefined };
}

/** A JSON list, or values between commas: JSON where it parses, else text. */
function parseValues(text: string): unknown[] {
  const whole = json(text);
  if (Array.isArray(whole)) return whole;
  return text
    .split(",")
    .map((piece) => piece.trim())
    .filter(Boolean)
    .map((piece) => json(piece) ?? piece);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface BatchErrors {
  seeds: string | undefined;
  grid: string | undefined;
  /** The same, for a summary. */
  placed: PlacedError[];
}

/**
 * Tell errors of values that come from seeds and grid from those of the form's own fields. One argument of the grid may
 * be inside of another, `outer.name`, and what is wrong further within it.
 */
export function sortedOut(
  errors: FieldError[],
  hasSeeds: boolean,
  grid: Record<string, unknown[]>,
): { inBatch: BatchErrors; others: FieldError[] } {
  const isSeed = ({ loc }: FieldError) => hasSeeds && loc[0] === "seed";
  const isGrid = (error: FieldError) =>
    !isSeed(error) && error.loc.some((_, at) => Object.hasOwn(grid, error.loc.slice(0, at + 1).join(".")));
  const seeds = errorText(errors.filter(isSeed)) || undefined;
  const inGrid = errorText(errors.filter(isGrid)) || undefined;
  return {
    inBatch: {
      seeds,
      grid: inGrid,
      placed: [
        ...(seeds ? [{ path: ["batch:seeds"], label: "Seeds", message: seeds }] : []),
        ...(inGrid ? [{ path: ["batch:grid"], label: "Grid", message: inGrid }] : []),
      ],
    },
    others: errors.filter((error) => !isSeed(error) && !isGrid(error)),
  };
}
