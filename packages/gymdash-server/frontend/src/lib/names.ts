/** Names of runs need not differ: where two that are shown together have the same one, a short id tells them apart. */

interface Named {
  id: string;
  name: string;
}

const SHORT = 8;
const MORE = 4;

/** What tells each run apart from the others of its name, by id; runs whose name is theirs alone are left out. */
export function shortIds(runs: Named[]): Map<string, string> {
  const byName = new Map<string, Set<string>>();
  for (const { id, name } of runs) byName.set(name, (byName.get(name) ?? new Set()).add(id));
  return new Map(
    [...byName.values()]
      .filter((ids) => ids.size > 1)
      .flatMap((ids) => [...ids].map((id): [string, string] => [id, id.slice(0, lengthOf(ids))])),
  );
}

/** How much of ids differs: a little more than is usual where it must. */
function lengthOf(ids: Set<string>): number {
  const longest = Math.max(...[...ids].map((id) => id.length));
  for (let length = SHORT; length < longest; length += MORE)
    if (new Set([...ids].map((id) => id.slice(0, length))).size === ids.size) return length;
  return longest;
}

/** The same runs, with the short id behind the names that several have; the same list where none has to be told apart. */
export function toldApart<T extends Named>(runs: T[]): T[] {
  const short = shortIds(runs);
  if (!short.size) return runs;
  return runs.map((run) =>
    short.has(run.id) ? { ...run, name: `${run.name} (${short.get(run.id)})` } : run,
  );
}
