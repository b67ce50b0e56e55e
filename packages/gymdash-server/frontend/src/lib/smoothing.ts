/** Smoothing of a line. Values that are not finite are gaps: they stay and are left out of the means. */

/** Exponential moving average, with the bias of its beginning taken out; `weight` from 0 (none) to below 1. */
export function ema(values: number[], weight: number): number[] {
  let mean = 0;
  let mass = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    mean = mean * weight + (1 - weight) * value;
    mass = mass * weight + (1 - weight);
    return mean / mass;
  });
}

/** Mean over `spread` neighbours on each side, each farther one weighing `factor` of the one before. */
export function spreadMean(values: number[], spread: number, factor: number): number[] {
  const weights = Array.from({ length: spread + 1 }, (_, distance) => factor ** distance);
  return values.map((value, at) => {
    if (!Number.isFinite(value)) return value;
    let sum = 0;
    let mass = 0;
    for (let near = Math.max(0, at - spread); near <= Math.min(values.length - 1, at + spread); near++) {
      const other = values[near] as number;
      const weight = weights[Math.abs(near - at)] as number;
      if (Number.isFinite(other)) {
        sum += other * weight;
        mass += weight;
      }
    }
    return sum / mass;
  });
}

export interface Smoothing {
  kind: "none" | "ema" | "spread";
  weight: number;
  spread: number;
  factor: number;
}

export function smooth(values: number[], by: Smoothing): number[] {
  if (by.kind === "ema" && by.weight > 0) return ema(values, by.weight);
  if (by.kind === "spread" && by.spread > 0) return spreadMean(values, by.spread, by.factor);
  return values;
}
