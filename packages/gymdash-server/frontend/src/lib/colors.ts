/** Colours of runs: a run keeps the one that it was given first. */

export const PALETTE = {
  light: [
    "#0b7285",
    "#c2255c",
    "#2b8a3e",
    "#6741d9",
    "#d9480f",
    "#1864ab",
    "#8a6100",
    "#862e9c",
    "#5c940d",
    "#495057",
  ],
  dark: [
    "#3bc9db",
    "#f783ac",
    "#69db7c",
    "#b197fc",
    "#ffa94d",
    "#74c0fc",
    "#ffe066",
    "#e599f7",
    "#a9e34b",
    "#ced4da",
  ],
} as const;

export type Assigned = Record<string, number>;

/** Give runs that are shown together the places of the palette; those that have one keep it. */
export function assign(known: Assigned, shown: string[]): Assigned {
  const missing = shown.filter((id) => known[id] === undefined);
  if (!missing.length) return known;
  const found = { ...known };
  const uses = new Array<number>(PALETTE.light.length).fill(0);
  for (const id of shown) {
    const place = found[id];
    if (place !== undefined) uses[place] = (uses[place] ?? 0) + 1;
  }
  for (const id of missing) {
    const place = uses.indexOf(Math.min(...uses));
    found[id] = place;
    uses[place] = (uses[place] ?? 0) + 1;
  }
  return found;
}

/** Keep the newest entries only, so that what a browser remembers stays small. */
export function bounded(assigned: Assigned, most: number): Assigned {
  const entries = Object.entries(assigned);
  return entries.length <= most ? assigned : Object.fromEntries(entries.slice(-most));
}
