/** Media of several runs side by side: a row for each kind, key and step, a column for each run. */

interface Medium {
  run: string;
  kind: string;
  key: string;
  step: number;
}

export interface MediaRow<T> {
  kind: string;
  key: string;
  step: number;
  /** In the order of the runs; several where a step was logged more than once. */
  cells: T[][];
}

/** Rows in the order of their first medium. */
export function mediaRows<T extends Medium>(media: T[], runs: string[]): MediaRow<T>[] {
  const rows = new Map<string, MediaRow<T>>();
  for (const item of media) {
    const column = runs.indexOf(item.run);
    if (column < 0) continue;
    const { kind, key, step } = item;
    const name = JSON.stringify([kind, key, step]);
    const row = rows.get(name) ?? { kind, key, step, cells: runs.map(() => []) };
    rows.set(name, row);
    row.cells[column]?.push(item);
  }
  return [...rows.values()];
}
