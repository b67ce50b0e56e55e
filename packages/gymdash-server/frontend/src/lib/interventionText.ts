/** What was done to a run and what became of it, in words. */

import { formatNumber } from "./format";
import { isObject } from "./schema";
import { inWords } from "./words";

export interface Intervened {
  event: string;
  channel: string | null;
  value: unknown;
  outcome: string | null;
  step: number | null;
  acknowledged_step: number | null;
}

const SIGNALS: Record<string, string> = {
  pause: "Paused",
  resume: "Resumed",
  sigterm: "SIGTERM sent",
  kill: "SIGKILL sent",
};
const OUTCOMES: Record<string, string> = {
  refused: "refused",
  late: "answered too late",
  expired: "not answered in time",
  pending: "waits until it is taken",
  ended: "not taken before the end",
};
/** States that a run is put into, and does not come to by itself. */
const PASSIVE = new Set(["killed", "lost"]);
/** What it means that something was answered. */
const DONE: Record<string, string> = { control: "applied", action: "done", query: "answered" };

/** What was done; `titleOf` says what people call a channel. */
export function whatWasDone({ event, channel, value }: Intervened, titleOf: (key: string) => string): string {
  const title = channel === null ? "" : titleOf(channel);
  const isNothing = value === null || value === undefined || (isObject(value) && !Object.keys(value).length);
  const given = isNothing ? "" : inWords(value);
  if (event === "control") return `${title} set to ${inWords(value)}`;
  if (event === "action") return given ? `${title}: ${given}` : title;
  if (event === "query") return given ? `Asked ${title}: ${given}` : `Asked ${title}`;
  if (event === "answer") return given ? `Question answered: ${given}` : "Question answered";
  if (event === "stop")
    return isObject(value) && value.save === true ? "Stop asked, saving first" : "Stop asked";
  return SIGNALS[event] ?? event;
}

/** What became of it, and at which step; empty where what was done says all. */
export function whatBecame({ event, outcome, acknowledged_step: step }: Intervened): string {
  const place = step === null ? "" : `at step ${formatNumber(step)}`;
  const said = saidOf(event, outcome);
  return [said, place].filter(Boolean).join(" ");
}

function saidOf(event: string, outcome: string | null): string {
  if (outcome === null) return "waits";
  const known = OUTCOMES[outcome];
  if (known) return known;
  if (event === "answer" || event === "pause" || event === "resume") return "";
  if (outcome === "answered") return DONE[event] ?? "answered";
  return outcome === "accepted" ? "accepted" : `the run ${PASSIVE.has(outcome) ? "was " : ""}${outcome}`;
}

/** What people call channels: by their titles, else by their keys. */
export function titlesOf(channels: Record<string, unknown>[]): (key: string) => string {
  const titles = new Map(channels.map(({ key, title }) => [key, title]));
  return (key) =>
    String(titles.get(key) || (key.charAt(0).toUpperCase() + key.slice(1)).replaceAll("_", " "));
}
