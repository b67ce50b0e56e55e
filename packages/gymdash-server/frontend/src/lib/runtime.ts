/** How long runs took: all attempts together, since a run that goes on is one run. */

import { formatDuration, secondsBetween } from "./format";

export interface Timed {
  state: string;
  started: string | null;
  ended: string | null;
  /** Seconds of the attempts that have ended. */
  ran_s: number;
  attempt: number;
}

/** Seconds of all attempts, with what has passed of one that goes on; undefined before the first. */
export function runSeconds(run: Timed, nowMs: number): number | undefined {
  const goesOn = run.started !== null && run.ended === null && run.state !== "queued";
  const now = goesOn ? Math.max(0, secondsBetween(run.started, null, nowMs)) : 0;
  const all = run.ran_s + now;
  return run.started === null && all === 0 ? undefined : all;
}

/** In words, with the number of attempts where there are several. */
export function runtimeText(run: Timed, nowMs: number): string {
  const seconds = runSeconds(run, nowMs);
  if (seconds === undefined) return "";
  const time = formatDuration(seconds);
  return run.attempt > 1 ? `${time} in ${run.attempt} attempts` : time;
}
