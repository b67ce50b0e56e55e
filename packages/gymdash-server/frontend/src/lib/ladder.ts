/** How far a stop has come: the newest of its steps that was taken. */

const STEPS: Record<string, number> = { stop: 1, sigterm: 2, kill: 3, sigkill: 3 };

export function ladderStep(interventions: { event: string }[]): number {
  return Math.max(0, ...interventions.map((item) => STEPS[item.event] ?? 0));
}
