import { expect, test, vi } from "vitest";
import type { PointsPart } from "@/lib/series";
import { ApiError } from "./client";
import { SeriesStore } from "./seriesStore";

const ref = { run: "r", key: "loss", kind: "scalars" };

/** A server with one stat. */
class Fake {
  step: number[] = [];
  series = "s";
  reads: string[] = [];
  isGone = false;

  part(from: number, to: number): PointsPart {
    const step = this.step.slice(from, to);
    const ones = step.map(() => 1);
    return { series: this.series, from, to, total: to, step, wall_time: ones, attempt: ones, value: step };
  }

  read = async (_: unknown, query: { cursor?: string }): Promise<PointsPart> => {
    this.reads.push(query.cursor ?? "all");
    if (this.isGone) throw new ApiError(404, "no such stat");
    const [series, at] = (query.cursor ?? `${this.series}.0`).split(".");
    if (series !== this.series) throw new ApiError(422, `'${query.cursor}' is no cursor of this stat`);
    const to = this.step.length;
    return { ...this.part(Number(at), to), cursor: `${this.series}.${to}` };
  };

  grow(count: number): PointsPart {
    const from = this.step.length;
    for (let at = 0; at < count; at++) this.step.push(from + at);
    return this.part(from, from + count);
  }
}

async function watched(points: number) {
  const fake = new Fake();
  fake.grow(points);
  const store = new SeriesStore(fake.read, 0);
  store.watch(ref);
  await vi.waitFor(() => expect(store.get(ref).series?.step).toHaveLength(points));
  return { fake, store };
}

test("events grow a snapshot", async () => {
  const { fake, store } = await watched(3);
  store.hear(ref, fake.grow(2));
  expect(store.get(ref).series?.step).toEqual([0, 1, 2, 3, 4]);
  expect(fake.reads).toEqual(["all"]);
});

test("what comes while a snapshot is read is merged behind it", async () => {
  const fake = new Fake();
  fake.grow(2);
  const store = new SeriesStore(fake.read, 0);
  store.watch(ref);
  store.hear(ref, fake.part(1, 2));
  store.hear(ref, fake.grow(1));
  await vi.waitFor(() => expect(store.get(ref).series?.step).toEqual([0, 1, 2]));
});

test("a gap is read from the cursor on", async () => {
  const { fake, store } = await watched(3);
  fake.grow(2);
  store.hear(ref, fake.grow(1));
  await vi.waitFor(() => expect(store.get(ref).series?.step).toEqual([0, 1, 2, 3, 4, 5]));
  expect(fake.reads[1]).toBe("s.3");
});

test("after an interruption nothing is missing and nothing is double", async () => {
  const { fake, store } = await watched(3);
  store.hear(ref, fake.grow(1));
  fake.grow(4);
  store.reread();
  await vi.waitFor(() => expect(store.get(ref).series?.step).toEqual([0, 1, 2, 3, 4, 5, 6, 7]));
});

test("ordinals that begin anew are read anew", async () => {
  const { fake, store } = await watched(3);
  fake.series = "t";
  store.hear(ref, fake.grow(1));
  await vi.waitFor(() => expect(store.get(ref).series?.id).toBe("t"));
  expect(store.get(ref).series?.step).toEqual([0, 1, 2, 3]);
});

test.each([0, 2])(
  "a stat that has begun anew, with %i points so far, is read anew after an interruption",
  async (points) => {
    const { fake, store } = await watched(3);
    fake.series = "t";
    fake.step = [];
    fake.grow(points);
    store.reread("r");
    await vi.waitFor(() => expect(store.get(ref).series?.id).toBe("t"));
    expect(store.get(ref).series?.step).toHaveLength(points);
    expect(store.get(ref).error).toBeUndefined();
    expect(fake.reads).toEqual(["all", "s.3", "all"]);
  },
);

test("a stat that is gone has no points, until it has some again", async () => {
  const { fake, store } = await watched(3);
  fake.isGone = true;
  store.reread("r");
  await vi.waitFor(() => expect(store.get(ref)).toEqual({ series: undefined, error: "no such stat" }));
  fake.isGone = false;
  fake.series = "t";
  fake.step = [];
  store.hear(ref, fake.grow(1));
  await vi.waitFor(() => expect(store.get(ref).series?.step).toEqual([0]));
  expect(store.get(ref).error).toBeUndefined();
});

test("points that come while a stat is found gone are read", async () => {
  const { fake, store } = await watched(3);
  fake.isGone = true;
  store.reread("r");
  fake.isGone = false;
  fake.series = "t";
  store.hear(ref, fake.part(0, 3));
  await vi.waitFor(() => expect(store.get(ref).series?.id).toBe("t"));
});

test("a server that refuses a first reading is asked once", async () => {
  const read = vi.fn(() => Promise.reject(new ApiError(422, "no")));
  const store = new SeriesStore(read, 0);
  store.watch(ref);
  await vi.waitFor(() => expect(store.get(ref).error).toBe("no"));
  expect(read).toHaveBeenCalledTimes(1);
});

test("an error is told, and what was known stays", async () => {
  const { fake, store } = await watched(3);
  fake.read = () => Promise.reject(new Error("gone"));
  const failing = new SeriesStore(() => Promise.reject(new Error("gone")), 0);
  failing.watch(ref);
  await vi.waitFor(() => expect(failing.get(ref).error).toBe("gone"));
  expect(store.get(ref).series?.step).toHaveLength(3);
});

test("a line that has grown is thinned out anew, a slow one earlier", async () => {
  const { fake, store } = await watched(3);
  store.hear(ref, fake.grow(600));
  expect(fake.reads).toEqual(["all"]);
  const later = Date.now() + 60_000;
  const clock = vi.spyOn(Date, "now").mockReturnValue(later);
  store.hear(ref, fake.grow(1));
  await vi.waitFor(() => expect(fake.reads).toEqual(["all", "all"]));
  store.hear(ref, fake.grow(2001));
  await vi.waitFor(() => expect(fake.reads).toHaveLength(3));
  clock.mockRestore();
});
