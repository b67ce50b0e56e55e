/** What is left of a run, in words. */

import { formatDuration } from "./format";

interface Going {
  state: string;
  reason: string;
  progress: { eta_s?: unknown } | null;
}

const GOES_ON = new Set(["starting", "running", "waiting", "paused"]);

/** How long it will take, only where it goes on: one that stops ends before; a queued one says why it waits. */
export function leftText({ state, reason, progress }: Going): string {
  if (state === "queued") return reason || "queued";
  const eta = progress?.eta_s;
  if (!GOES_ON.has(state) || typeof eta !== "number" || eta <= 0) return "";
  return `${formatDuration(eta)} left`;
}
