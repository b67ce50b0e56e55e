/** The newest values of scalars, by run and by the name of the stat. */

export type LastValues = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

interface Item {
  simulation_id: string;
  values: Record<string, unknown>;
}

/** Join values that were read, or heard of, to those that are known; what was known stays as it is. */
export function mergeValues(known: LastValues, items: Iterable<Item>): LastValues {
  const merged = new Map(known);
  for (const { simulation_id, values } of items) {
    merged.set(simulation_id, { ...merged.get(simulation_id), ...values });
  }
  return merged;
}

/** Those of some keys alone. */
export function picked(values: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
}
