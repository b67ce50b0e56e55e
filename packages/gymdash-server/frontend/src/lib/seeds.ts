/** Groups of runs that differ by their seed alone. */

const SEED = "seed";

interface Seeded {
  id: string;
  name: string;
  key: string;
  kwargs: Record<string, unknown>;
}

/** Gather runs of one simulation type whose arguments are the same but for the seed; in the order of their first. */
export function seedGroups<T extends Seeded>(runs: T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const run of runs) {
    const { [SEED]: _, ...others } = run.kwargs;
    const name = JSON.stringify([run.key, sortedDeep(others)]);
    groups.set(name, [...(groups.get(name) ?? []), run]);
  }
  return [...groups.values()];
}

function sortedDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedDeep);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, item]) => [name, sortedDeep(item)]);
}

/** What stands for one run, or for a group of them that is drawn as a mean with its band. */
export interface Chip {
  ids: string[];
  name: string;
  /** All names. */
  title: string;
}

/** Chips of runs: one each, or one for each group where groups are drawn together. */
export function chipsOf<T extends Seeded>(runs: T[], isJoined: boolean): Chip[] {
  const groups = isJoined ? seedGroups(runs) : runs.map((run) => [run]);
  return groups.map((group) => {
    const names = group.map(({ name }) => name);
    return { ids: group.map(({ id }) => id), name: chipName(group, names), title: names.join("\n") };
  });
}

function chipName(group: Seeded[], names: string[]): string {
  if (group.length === 1) return names[0] ?? "";
  const seeds = new Set(group.map(({ kwargs }) => JSON.stringify(kwargs[SEED])));
  return `${groupName(names)} · ${group.length} ${seeds.size === group.length ? "seeds" : "runs"}`;
}

/** What a group is called: what its names begin with, without the seed; the first name where they have nothing in common. */
export function groupName(names: string[]): string {
  const first = names[0] ?? "";
  let length = first.length;
  for (const name of names) {
    while (length && !name.startsWith(first.slice(0, length))) length--;
  }
  if (names.every((name) => name === first)) return first;
  const isWithinNumber = names.some((name) => /^\d/.test(name.slice(length)));
  const common = first
    .slice(0, length)
    .replace(isWithinNumber ? /\d+$/ : "", "")
    .replace(/\s*\([^)]*$/, "") // where names differ within brackets
    .replace(/[^\p{L}\p{N})\]]*(seed)?[\s=:_#-]*$/iu, "");
  return common || first;
}
