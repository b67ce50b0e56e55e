import { expect, test } from "vitest";
import { mergeChannel, mergeQuestion, mergeRuns, mergeStat, stalePartsOf } from "./cache";
import type { ChannelInfo, Question, Run, Stat } from "./client";

const run = (id: string, created: string, more: Partial<Run> = {}) =>
  ({ id, created, trashed: null, state: "running", progress: null, ...more }) as Run;

test("a new run comes first, a changed one stays where it is, a deleted one goes", () => {
  const runs = [run("b", "2"), run("a", "1")];
  const merged = mergeRuns(runs, [run("c", "3"), run("a", "1", { state: "failed" })], []);
  expect(merged.map((r) => [r.id, r.state])).toEqual([
    ["c", "running"],
    ["b", "running"],
    ["a", "failed"],
  ]);
  expect(mergeRuns(runs, [{ id: "b", deleted: true }], []).map((r) => r.id)).toEqual(["a"]);
});

test("progress of a run that is not known is left alone, and so is a run in the trash", () => {
  const progress = { simulation_id: "a", state: "running", current: 1, total: 2, eta_s: null };
  expect(mergeRuns([run("a", "1")], [], [progress])[0]?.progress).toEqual({
    current: 1,
    total: 2,
    eta_s: null,
  });
  expect(mergeRuns([], [], [progress])).toEqual([]);
  expect(mergeRuns([run("a", "1")], [run("a", "1", { trashed: "now" })], [])).toEqual([]);
});

test("nothing new hands back the same list", () => {
  const runs = [run("a", "1")];
  expect(mergeRuns(runs, [], [])).toBe(runs);
});

test("an answered question leaves the inbox", () => {
  const question = { id: "q", created: "1", state: "open" } as Question;
  expect(mergeQuestion([], question)).toEqual([question]);
  expect(mergeQuestion([question], { ...question, state: "answered" })).toEqual([]);
});

test("a published value is shown with its step", () => {
  const channel = { key: "lr", value: 1, age_s: 9 } as ChannelInfo;
  expect(mergeChannel([channel], { key: "lr", value: 2, step: 7 })[0]).toMatchObject({
    value: 2,
    step: 7,
    age_s: 0,
  });
});

test("a stat grows, and one that is not known asks for another reading", () => {
  const stat = { key: "loss", kind: "scalars", series: "s", count: 2, last_step: 1, last_value: 5 } as Stat;
  const event = { key: "loss", kind: "scalars", series: "s", to: 4, step: [2, 3], value: [4, 3] };
  expect(mergeStat([stat], event)?.[0]).toMatchObject({ count: 4, last_step: 3, last_value: 3 });
  expect(mergeStat([], event)).toBeNull();
});

test("a stat whose points begin anew is read again, whatever it counted", () => {
  const stat = {
    key: "loss",
    kind: "scalars",
    series: "s",
    count: 100,
    last_step: 99,
    last_value: 5,
  } as Stat;
  const event = { key: "loss", kind: "scalars", series: "s", to: 10, step: [500], value: [4] };
  expect(mergeStat([stat], event)).toEqual([stat]);
  expect(mergeStat([stat], { ...event, series: "t" })).toBeNull();
  expect(mergeStat([stat], { ...event, series: "t", to: 200 })).toBeNull();
});

test("an event makes stale what it has news of, and what a change of state decides", () => {
  const before = run("a", "1", { attempt: 1 });
  expect(stalePartsOf({ ...before, news: ["statuses"] }, before)).toEqual(["statuses"]);
  expect(stalePartsOf({ ...before, notes: "other" }, before)).toEqual([]);
  const failed = run("a", "1", { attempt: 1, state: "failed" });
  expect(stalePartsOf({ ...failed, news: ["checkpoints"] }, before)).toEqual(["checkpoints"]);
  expect(stalePartsOf(before, failed)).toEqual(["channels"]);
  expect(stalePartsOf(run("a", "1", { attempt: 2 }), before)).toEqual(["channels"]);
  expect(stalePartsOf(before, undefined)).toEqual(["channels"]);
});
