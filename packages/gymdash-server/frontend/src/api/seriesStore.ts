/** Points of all stats that are on the screen: read once, grown by the stream, read on where something is missing. */

import { fromAnswer, type Merge, merge, type PointsPart, type Series } from "@/lib/series";
import { ApiError, messageOf } from "./client";

export interface StatRef {
  run: string;
  key: string;
  kind: string;
}

export interface SeriesState {
  series: Series | undefined;
  error: string | undefined;
}

export type ReadPoints = (
  ref: StatRef,
  query: { cursor?: string; start?: number; end?: number; max_points?: number },
) => Promise<PointsPart>;

/** Points of a snapshot; a line has no more pixels than that. */
export const SNAPSHOT_POINTS = 2000;
/**
 * A line that has grown by this many points is thinned out anew; one that grows slowly already by fewer, and each time
 * by another number of them, lest lines that grow together are all read at one moment.
 */
const MOST_GROWN = SNAPSHOT_POINTS;
const SOME_GROWN = { least: 150, most: 250 };
const SLOWLY_MS = 30_000;
/** How long news wait for more of them: when nothing was told lately, and so that no more is drawn than can be seen. */
const SOON_MS = 30;
const TOLD_MS = 250;
const EMPTY: SeriesState = { series: undefined, error: undefined };
const BEGUN_ANEW: Merge = { kind: "other" };
/** What the server answers where a cursor is of points that are no more, and where the stat itself is no more. */
const NO_CURSOR = 422;
const NO_STAT = 404;

interface Entry {
  ref: StatRef;
  state: SeriesState;
  users: number;
  reading: boolean;
  again: boolean;
  waiting: PointsPart[];
  readAt: number;
  /** Points by which it may grow until it is thinned out anew, where it grows slowly. */
  mayGrow: number;
}

const hasStatus = (error: unknown, status: number) => error instanceof ApiError && error.status === status;

const someGrown = () => SOME_GROWN.least + Math.random() * (SOME_GROWN.most - SOME_GROWN.least);

export const nameOf = (ref: StatRef): string => JSON.stringify([ref.run, ref.kind, ref.key]);

export class SeriesStore {
  private entries = new Map<string, Entry>();
  private listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private toldAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly read: ReadPoints,
    private readonly toldMs = TOLD_MS,
  ) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get(ref: StatRef): SeriesState {
    return this.entries.get(nameOf(ref))?.state ?? EMPTY;
  }

  /** Keep a stat up to date until the returned function is called. */
  watch(ref: StatRef): () => void {
    const name = nameOf(ref);
    const entry = this.entries.get(name) ?? {
      ref,
      state: EMPTY,
      users: 0,
      reading: false,
      again: false,
      waiting: [],
      readAt: 0,
      mayGrow: someGrown(),
    };
    entry.users++;
    if (!this.entries.has(name)) {
      this.entries.set(name, entry);
      void this.readAll(entry);
    }
    return () => {
      entry.users--;
      if (!entry.users) setTimeout(() => entry.users || this.entries.delete(name), 5_000);
    };
  }

  /** Take in an event of the stream. */
  hear(ref: StatRef, part: PointsPart): void {
    const entry = this.entries.get(nameOf(ref));
    if (!entry) return;
    if (entry.reading) entry.waiting.push(part);
    else this.take(entry, part);
  }

  /** Read on: the stream was interrupted. */
  reread(run?: string): void {
    for (const entry of this.entries.values()) {
      if (run && entry.ref.run !== run) continue;
      if (entry.reading) entry.again = true;
      else void (entry.state.series ? this.readOn(entry) : this.readAll(entry));
    }
  }

  private take(entry: Entry, part: PointsPart): void {
    const { series } = entry.state;
    const merged = series ? merge(series, part) : BEGUN_ANEW;
    if (merged.kind === "gap") void this.readOn(entry);
    else if (merged.kind === "other") void this.readAll(entry);
    else {
      const grown = merged.series.step.length - merged.series.snapshotLength;
      if (merged.kind === "grown") this.put(entry, { series: merged.series, error: undefined });
      else entry.state = { series: merged.series, error: undefined };
      const isSlow = Date.now() - entry.readAt > SLOWLY_MS;
      if (grown > (isSlow ? entry.mayGrow : MOST_GROWN)) void this.readAll(entry);
    }
  }

  private async readAll(entry: Entry): Promise<void> {
    await this.reading(entry, async () => {
      const answer = await this.read(entry.ref, { max_points: SNAPSHOT_POINTS });
      entry.readAt = Date.now();
      entry.mayGrow = someGrown();
      this.put(entry, { series: fromAnswer(answer), error: undefined });
    });
  }

  private async readOn(entry: Entry): Promise<void> {
    await this.reading(entry, async () => {
      for (let series = entry.state.series; series; ) {
        const page = await this.readPage(entry.ref, series.cursor);
        const merged = page ? merge(series, page) : BEGUN_ANEW;
        if (!page || merged.kind === "gap" || merged.kind === "other") {
          entry.again = true;
          entry.state = EMPTY;
          return;
        }
        this.put(entry, { series: merged.series, error: undefined });
        series = page.to > page.from ? merged.series : undefined;
      }
    });
  }

  /** Return what is behind a cursor; nothing where the stat has begun anew since. */
  private async readPage(ref: StatRef, cursor: string): Promise<PointsPart | undefined> {
    try {
      return await this.read(ref, { cursor });
    } catch (error) {
      if (hasStatus(error, NO_CURSOR)) return undefined;
      throw error;
    }
  }

  private async reading(entry: Entry, read: () => Promise<void>): Promise<void> {
    if (entry.reading) return;
    entry.reading = true;
    entry.again = false;
    try {
      await read();
    } catch (error) {
      const series = hasStatus(error, NO_STAT) ? undefined : entry.state.series;
      this.put(entry, { series, error: messageOf(error) });
    }
    entry.reading = false;
    const waiting = entry.waiting.splice(0);
    if (entry.again) void (entry.state.series ? this.readOn(entry) : this.readAll(entry));
    else if (entry.state.series) for (const part of waiting) this.hear(entry.ref, part);
    else if (waiting.length) void this.readAll(entry);
  }

  private put(entry: Entry, state: SeriesState): void {
    entry.state = state;
    const wait = Math.max(Math.min(SOON_MS, this.toldMs), this.toldMs - (Date.now() - this.toldAt));
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      for (const listener of this.listeners) listener();
      this.toldAt = Date.now();
    }, wait);
  }
}
