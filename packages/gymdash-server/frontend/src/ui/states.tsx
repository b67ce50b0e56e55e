/** The state of a run: its colour, its badge, what it allows. */

import { Badge, Progress } from "@mantine/core";
import type { CSSProperties } from "react";
import type { Run } from "@/api/client";
import { percentDone } from "@/lib/format";

const COLORS: Record<string, string> = {
  created: "gray",
  queued: "gray",
  starting: "blue",
  running: "blue",
  waiting: "yellow",
  paused: "grape",
  stopping: "orange",
  succeeded: "teal",
  failed: "red",
  stopped: "orange",
  killed: "red",
  lost: "red",
};
const LIVE = new Set(["starting", "running", "waiting", "paused", "stopping"]);

export const isLive = (run: Pick<Run, "state">): boolean => LIVE.has(run.state);
export const hasEnded = (run: Pick<Run, "state">): boolean =>
  ["succeeded", "failed", "stopped", "killed", "lost"].includes(run.state);

export function StateBadge({
  run,
  size = "sm",
}: {
  run: Pick<Run, "state" | "reason">;
  size?: "xs" | "sm" | "md";
}) {
  return (
    <Badge
      color={COLORS[run.state] ?? "gray"}
      variant="light"
      size={size}
      title={run.reason}
      className="state"
      style={{ flex: "none" }}
      tt="none"
    >
      {run.state}
    </Badge>
  );
}

export function RunProgress({ run }: { run: Run }) {
  const percent = percentDone(run.progress);
  const color = COLORS[run.state] ?? "gray";
  if (percent === null && !isLive(run)) return null;
  const moving = run.state === "running" || run.state === "starting" || run.state === "stopping";
  const label = `Progress of ${run.name}`;
  if (percent === null) return <UnknownProgress label={label} color={color} moving={moving} />;
  return <Progress value={Math.round(percent * 10) / 10} size={4} color={color} aria-label={label} />;
}

/** A run that does not say how far it is: nothing that could be taken for an end, or for a beginning. */
function UnknownProgress({ label, color, moving }: { label: string; color: string; moving: boolean }) {
  const style = { "--progress-color": `var(--mantine-color-${color}-filled)` } as CSSProperties;
  return (
    <span
      role="progressbar"
      aria-label={label}
      aria-valuetext="not known"
      className={moving ? "progress-unknown moving" : "progress-unknown"}
      style={{ ...style, display: "block" }}
    />
  );
}

/** How much is done, in words: only where the run goes on and tells. */
export function doneOf(run: Run): string {
  const percent = isLive(run) ? percentDone(run.progress) : null;
  return percent === null ? "" : `${Math.floor(percent)} %`;
}
