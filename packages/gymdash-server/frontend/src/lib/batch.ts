/** Several runs at once, as people type them: seeds `0-4, 10`, a grid of one argument a line `lr = 0.1, 0.01`. */

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
    grid[line.slice(0, at).trim()] = values;
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
