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

/** What a group is called: what its names begin with, without the seed; the first name where they have nothing in common. */
export function groupName(names: string[]): string {
  const first = names[0] ?? "";
  let length = first.length;
  for (const name of names) {
    while (length && !name.startsWith(first.slice(0, length))) length--;
  }
  const common =
    length < first.length
      ? first
          .slice(0, length)
          .replace(/\s*\([^)]*$/, "") // where names differ within brackets
          .replace(/[^\p{L}\p{N})\]]*(seed)?[\s=:_#-]*$/iu, "")
      : first;
  return common || first;
}
