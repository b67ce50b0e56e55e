/** How live events change what is known: pure functions over the data of queries. */

import type { ChannelInfo, Question, Run, Stat } from "./client";

export type Deleted = { id: string; deleted: true };
export type RunEvent = (Run & { news?: string[] }) | Deleted;
export type ProgressEvent = { simulation_id: string; state: string } & NonNullable<Run["progress"]>;

/** Merge runs and progress into a list, newest first; a list that nothing changes is handed back. */
export function mergeRuns(runs: Run[], events: RunEvent[], progress: ProgressEvent[]): Run[] {
  if (!events.length && !progress.length) return runs;
  const changed = new Map(events.map((event) => [event.id, event]));
  const moved = new Map(progress.map((event) => [event.simulation_id, event]));
  const kept: Run[] = [];
  for (const run of runs) {
    const event = changed.get(run.id);
    changed.delete(run.id);
    if (event && isGone(event)) continue;
    const now = event ? (event as Run) : run;
    const step = moved.get(run.id);
    kept.push(step ? withProgress(now, step) : now);
  }
  const fresh = [...changed.values()].filter((event): event is Run => !isGone(event));
  return fresh.length ? [...fresh, ...kept].sort(byCreated) : kept;
}

function withProgress(run: Run, { current, total, eta_s }: ProgressEvent): Run {
  return { ...run, progress: { current, total, eta_s } };
}

/** Whether a run is not in the list any more: deleted, or in the trash. */
export function isGone(event: RunEvent): boolean {
  return "deleted" in event || event.trashed !== null;
}

function byCreated(a: Run, b: Run): number {
  return b.created.localeCompare(a.created) || b.id.localeCompare(a.id);
}

/** Merge a question: those that are open, oldest first. */
export function mergeQuestion(open: Question[], question: Question): Question[] {
  const others = open.filter((other) => other.id !== question.id);
  return question.state === "open"
    ? [...others, question].sort((a, b) => a.created.localeCompare(b.created))
    : others;
}

/** Which queries about a run an event makes stale: its lists that have changed, and what its state decides. */
export function stalePartsOf(event: Run & { news?: string[] }, before: Run | undefined): string[] {
  const isSame = before?.state === event.state && before.attempt === event.attempt;
  const areThere = hasChannels(event) && event.state !== "stopping";
  return [...(event.news ?? []), ...(areThere && !isSame ? ["channels"] : [])];
}

export interface PublishedEvent {
  key: string;
  value: unknown;
  step: number | null;
}

export type LiveChannel = ChannelInfo & { step?: number | null };

export function mergeChannel(channels: LiveChannel[], event: PublishedEvent): LiveChannel[] {
  return channels.map((channel) =>
    channel.key === event.key ? { ...channel, value: event.value, age_s: 0, step: event.step } : channel,
  );
}

export interface StatEvent {
  key: string;
  kind: string;
  series: string;
  to: number;
  step?: number[] | null;
  wall_time?: (number | string)[] | null;
  value?: unknown[] | null;
  points?: { step: number }[] | null;
}

/**
 * Merge what an event says about its stat; what is known may be newer.
 *
 * Null where the stat is not known yet, or is known as another sequence of ordinals, whose counts say nothing here.
 */
export function mergeStat(stats: Stat[], event: StatEvent): Stat[] | null {
  const at = stats.findIndex((stat) => stat.key === event.key && stat.kind === event.kind);
  const known = stats[at];
  if (!known || known.series !== event.series) return null;
  if (event.to < known.count) return stats;
  const step = event.step?.at(-1) ?? event.points?.at(-1)?.step ?? known.last_step;
  const value = event.value?.at(-1);
  const last =
    event.kind === "scalars" && value !== undefined ? (value as Stat["last_value"]) : known.last_value;
  return stats.with(at, { ...known, count: event.to, last_step: step, last_value: last });
}

/** Whether a run can be talked to: its worker is there. */
export function hasChannels(run: Pick<Run, "state">): boolean {
  return ["running", "waiting", "paused", "stopping"].includes(run.state);
}
