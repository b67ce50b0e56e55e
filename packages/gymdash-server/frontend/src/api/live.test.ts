// @vitest-environment jsdom
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeSource } from "@/testing/FakeSource";
import { api } from "./client";
import { Live } from "./live";

const say = (name: string, data: object) => FakeSource.newest.say(name, data);
const RUN = { id: "r", simulation_id: "r", created: "1", trashed: null, state: "running", attempt: 1 };

beforeEach(() => {
  vi.useFakeTimers();
  FakeSource.made = [];
  vi.stubGlobal("EventSource", FakeSource);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A page that listens and has asked for something, and the answer to be given. */
function asking<T>(queryKey: string[]) {
  const queries = new QueryClient();
  const live = new Live(queries);
  live.stream.start();
  say("hello", {});
  let give: (data: T) => void = () => {};
  const queryFn = () =>
    new Promise<T>((resolve) => {
      give = resolve;
    });
  new QueryObserver(queries, { queryKey, queryFn }).subscribe(() => {});
  const answered = async (data: T) => {
    give(data);
    await vi.advanceTimersByTimeAsync(200);
    return queries.getQueryData<T>(queryKey);
  };
  const answer = async (data: T) => {
    const known = await answered(data);
    live.stream.close();
    return known;
  };
  const askAgain = () => void queries.invalidateQueries({ queryKey });
  return { answer, answered, askAgain };
}

test("a question that was answered while the inbox was read is not in it", async () => {
  const question = { id: "q", simulation_id: "r", created: "1", state: "open" };
  const { answer } = asking(["questions"]);
  say("control_request", { ...question, state: "answered" });
  expect(await answer([question])).toEqual([]);
});

test("a question that came while the inbox was read is in it", async () => {
  const question = { id: "q", simulation_id: "r", created: "1", state: "open" };
  const { answer } = asking(["questions"]);
  say("control_request", question);
  expect(await answer([])).toEqual([question]);
});

test("what was heard before the stream began anew is not put over an answer from after it", async () => {
  const question = { id: "q", simulation_id: "r", created: "1", state: "open" };
  const inbox = asking<object[]>(["questions"]);
  await inbox.answered([]);
  inbox.askAgain();
  say("control_request", question);
  say("resync", {});
  expect(await inbox.answer([])).toEqual([]);
});

test.each([
  ["a resync", "resync"],
  ["a lost connection", "hello"],
])("a run that ended during %s has ended, in the list and by itself", async (_, name) => {
  const runs = asking<object[]>(["runs"]);
  const ended = { ...RUN, state: "failed" };
  await runs.answered([RUN]);
  runs.askAgain();
  say("simulation", RUN);
  await vi.advanceTimersByTimeAsync(200);
  say(name, {});
  expect(await runs.answer([ended])).toEqual([ended]);
  const run = asking<object>(["run", "r"]);
  await run.answered(RUN);
  run.askAgain();
  say("simulation", RUN);
  say(name, {});
  expect(await run.answer(ended)).toEqual(ended);
});

test("a stat that grew while it was read has its newest count", async () => {
  const stat = { key: "loss", kind: "scalars", series: "s", count: 2, last_step: 1, last_value: 5 };
  const { answer } = asking(["stats", "r"]);
  say("points", {
    simulation_id: "r",
    series: "s",
    key: "loss",
    kind: "scalars",
    from: 2,
    to: 3,
    step: [2],
    value: [4],
  });
  await vi.advanceTimersByTimeAsync(200);
  expect(await answer([stat])).toEqual([{ ...stat, count: 3, last_step: 2, last_value: 4 }]);
});

test("a value that was published while the channels were read is shown", async () => {
  const { answer } = asking(["channels", "r"]);
  say("channel", { simulation_id: "r", key: "lr", value: 2, step: 7 });
  expect(await answer([{ key: "lr", value: 1, age_s: 3 }])).toMatchObject([{ value: 2, step: 7 }]);
});

test("progress that was heard while runs were read is shown, but not over a newer state of its run", async () => {
  const progress = { simulation_id: "r", state: "running", current: 5, total: 9, eta_s: null };
  const one = asking<{ progress: unknown }[]>(["runs"]);
  say("progress", progress);
  await vi.advanceTimersByTimeAsync(200);
  expect((await one.answer([{ ...RUN, progress: null }] as never))?.[0]?.progress).toMatchObject({
    current: 5,
  });
  const other = asking<{ progress: unknown }[]>(["runs"]);
  say("progress", progress);
  say("simulation", { ...RUN, progress: { current: 9, total: 9, eta_s: 0 } });
  await vi.advanceTimersByTimeAsync(200);
  expect((await other.answer([]))?.[0]?.progress).toMatchObject({ current: 9 });
});

test("a list of a run with news is read again, also where it is being read for the first time", async () => {
  const queries = new QueryClient();
  const live = new Live(queries);
  live.stream.start();
  const queryFn = vi.fn(async () => []);
  new QueryObserver(queries, { queryKey: ["interventions", "r"], queryFn }).subscribe(() => {});
  say("simulation", { ...RUN, news: ["interventions"] });
  await vi.advanceTimersByTimeAsync(200);
  expect(queryFn).toHaveBeenCalledTimes(2);
  live.stream.close();
});

test("a run that goes to the trash elsewhere makes the list of the trash stale", async () => {
  const queries = new QueryClient();
  const live = new Live(queries);
  live.stream.start();
  const queryFn = vi.fn(async () => []);
  new QueryObserver(queries, { queryKey: ["trash"], queryFn }).subscribe(() => {});
  await vi.advanceTimersByTimeAsync(200);
  say("simulation", { ...RUN, trashed: "now" });
  await vi.advanceTimersByTimeAsync(200);
  expect(queryFn).toHaveBeenCalledTimes(2);
  live.stream.close();
});

test("stats of a run that are gone are asked for again, and so are last values and points", async () => {
  const queries = new QueryClient();
  const live = new Live(queries);
  live.stream.start();
  const asked: string[] = [];
  for (const queryKey of [
    ["stats", "r"],
    ["stats", "other"],
    ["last-values", ["loss"]],
  ]) {
    const queryFn = async () => asked.push(queryKey.flat().join("/"));
    new QueryObserver<unknown>(queries, { queryKey, queryFn }).subscribe(() => {});
  }
  await vi.advanceTimersByTimeAsync(200);
  asked.length = 0;
  say("simulation", { ...RUN, news: ["stats"] });
  await vi.advanceTimersByTimeAsync(200);
  expect(asked.sort()).toEqual(["last-values/loss", "stats/r"]);
  live.stream.close();
});

test.each([
  ["has begun anew, without points", 422, { id: "t", step: [] }],
  ["is gone", 404, undefined],
])("the old points of a stat that %s are not shown", async (_, status, expected) => {
  const get = vi.spyOn(api, "GET");
  const points = (series: string, count: number) => {
    const ones = Array(count).fill(1);
    const columns = { step: ones, wall_time: ones, attempt: ones, value: ones };
    const data = { series, from: 0, to: count, cursor: `${series}.${count}`, ...columns };
    return { data, response: new Response() };
  };
  get.mockResolvedValue(points("s", 3) as never);
  const live = new Live(new QueryClient());
  live.stream.start();
  const ref = { run: "r", key: "loss", kind: "scalars" };
  live.series.watch(ref);
  await vi.advanceTimersByTimeAsync(200);
  expect(live.series.get(ref).series?.step).toHaveLength(3);
  get.mockImplementation((async (_: string, { params }: { params: { query: { cursor?: string } } }) =>
    params.query.cursor || status === 404
      ? { error: { detail: "refused" }, response: new Response(null, { status }) }
      : points("t", 0)) as never);
  say("simulation", { ...RUN, news: ["stats"] });
  await vi.advanceTimersByTimeAsync(200);
  const { series } = live.series.get(ref);
  expect(series && { id: series.id, step: series.step }).toEqual(expected);
  live.stream.close();
});
