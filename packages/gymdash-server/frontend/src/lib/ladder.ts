/** How far a stop has come: the newest of its steps that was taken. */

const STEPS: Record<string, number> = { stop: 1, sigterm: 2, kill: 3, sigkill: 3 };

export function ladderStep(interventions: { event: string }[]): number {
  return Math.max(0, ...interventions.map((item) => STEPS[item.event] ?? 0));
}

/** Whether a run of a type can save; nobody knows while the types are read, and of a type that this server lacks. */
export function savingOf(
  types: { key: string; capabilities: string[]; late: boolean }[] | undefined,
  key: string,
): "yes" | "no" | "perhaps" | "unread" {
  if (!types) return "unread";
  const type = types.find((item) => item.key === key);
  if (!type) return "perhaps";
  if (type.late) return "unread";
  return type.capabilities.includes("checkpoint") ? "yes" : "no";
}
