/** Stats by the prefix of their key: `train/loss` is in `train`, `loss` stands alone in the group without a name. */

export function prefixOf(key: string): string {
  const at = key.lastIndexOf("/");
  return at > 0 ? key.slice(0, at) : "";
}

export function byPrefix<T extends { key: string }>(stats: T[]): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const stat of stats) {
    const prefix = prefixOf(stat.key);
    groups.set(prefix, [...(groups.get(prefix) ?? []), stat]);
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b));
}

/** Keys of several runs, each once, sorted as people count: `layer2` before `layer10`. */
export function distinctKeys(keys: string[]): string[] {
  return [...new Set(keys)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}
