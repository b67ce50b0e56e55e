/** The one place where the stream is merged with what was asked for. */

import { QueryClient } from "@tanstack/react-query";
import type { PointsPart } from "@/lib/series";
import { isToBeThinned, joinedSamples } from "@/lib/usage";
import {
  isGone,
  type LiveChannel,
  mergeChannel,
  mergeQuestion,
  mergeRuns,
  mergeStat,
  type ProgressEvent,
  type PublishedEvent,
  type RunEvent,
  type StatEvent,
  stalePartsOf,
} from "./cache";
import { ApiError, api, need, type Question, type Run, type RunUsage, type Stat, type Usage } from "./client";
import { areValuesShown, LAST_VALUES, putValues } from "./lastValues";
import { Merger } from "./merger";
import { type ReadPoints, SeriesStore } from "./seriesStore";
import { type EventName, LiveStream } from "./stream";

const TOLD_MS = 100;
const HISTORY = 300;

export type LogEvent = {
  simulation_id: string;
  stream: string;
  offset: number;
  next_offset: number;
  first_offset: number;
  size: number;
  text: string;
};

export const readPoints: ReadPoints = ({ run, key, kind }, query) =>
  need(
    api.GET("/api/v1/simulations/{simulation_id}/points", {
      params: { path: { simulation_id: run }, query: { key, kind, ...query } },
    }),
  );

export class Live {
  readonly series = new SeriesStore(readPoints);
  readonly stream: LiveStream;
  private readonly merger: Merger;
  private runs: RunEvent[] = [];
  /** The newest progress of each run. */
  private progress = new Map<string, ProgressEvent>();
  /** Runs as they were heard of last. */
  private heard = new Map<string, Run>();
  private values = new Map<string, Record<string, unknown>>();
  private points = new Map<string, StatEvent[]>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private logs = new Set<(event: LogEvent) => void>();
  private greeted: () => void = () => {};
  /** Resolves when the stream has begun: what is read from then on misses nothing. */
  readonly begun = new Promise<void>((resolve) => {
    this.greeted = resolve;
  });

  constructor(private readonly queries: QueryClient) {
    this.merger = new Merger(queries);
    this.stream = new LiveStream("/api/v1/events", this.hear, isRefused);
  }

  onLog(listener: (event: LogEvent) => void): () => void {
    this.logs.add(listener);
    return () => this.logs.delete(listener);
  }

  private hear = (name: EventName, data: Record<string, unknown>): void => {
    const run = data.simulation_id as string;
    if (name === "hello" || name === "resync") this.readAnew(name === "hello");
    else if (name === "simulation") this.hearRun(run, data as RunEvent);
    else if (name === "progress") this.hearProgress(run, data as ProgressEvent);
    else if (name === "points") this.hearPoints(run, data as unknown as StatEvent & PointsPart);
    else if (name === "control_request") this.hearQuestion(data as unknown as Question);
    else if (name === "channel") this.hearChannel(run, data as unknown as PublishedEvent);
    else if (name === "log") for (const listener of this.logs) listener(data as unknown as LogEvent);
    else if (name === "usage") this.hearUsage(run, data);
  };

  /** Read all again; what was asked before a connection began may never be answered. */
  private readAnew(isBegun: boolean): void {
    this.greeted();
    this.runs = [];
    this.progress = new Map();
    this.points = new Map();
    this.values = new Map();
    this.merger.forget();
    this.merger.renew([], isBegun);
    this.series.reread();
  }

  private hearRun(run: string, event: RunEvent): void {
    this.progress.delete(run); // it is older, and the event has its own
    this.later(() => this.runs.push(event));
    if (isGone(event) || this.isInTrash(run)) this.merger.renew(["trash"]);
    if ("deleted" in event) {
      this.heard.delete(run);
      this.merger.renew(["run", run]);
      return;
    }
    const parts = stalePartsOf(event, this.heard.get(run));
    this.heard.set(run, event);
    this.merger.put<Run>(["run", run], () => event);
    for (const part of parts) this.merger.renew([part, run]);
    if (parts.includes("stats")) this.hearStatsGone(run);
  }

  /** Stats of a run are gone, or have begun anew: what was read of them is no more. */
  private hearStatsGone(run: string): void {
    this.merger.renew([LAST_VALUES]);
    this.series.reread(run);
  }

  private hearProgress(run: string, event: ProgressEvent): void {
    this.later(() => this.progress.set(run, event));
  }

  private isInTrash(run: string): boolean {
    return this.queries.getQueryData<Run[]>(["trash"])?.some(({ id }) => id === run) ?? false;
  }

  private hearPoints(run: string, event: StatEvent & PointsPart): void {
    this.series.hear({ run, key: event.key, kind: event.kind }, event);
    this.hearValue(run, event);
    this.later(() => this.points.set(run, [...(this.points.get(run) ?? []), event]));
  }

  /** Tell what the events of points say about the stats of their runs, which many of them change at once. */
  private putStats(): void {
    const { points } = this;
    this.points = new Map();
    for (const [run, events] of points) {
      this.merger.put<Stat[]>(["stats", run], (stats) =>
        events.reduce<Stat[] | null>((known, event) => known && mergeStat(known, event), stats),
      );
    }
  }

  private hearValue(run: string, { key, kind, value }: StatEvent): void {
    const last = value?.at(-1);
    if (kind !== "scalars" || last === undefined || !areValuesShown(this.queries)) return;
    this.later(() => this.values.set(run, { ...this.values.get(run), [key]: last }));
  }

  private hearQuestion(question: Question): void {
    this.merger.put<Question[]>(["questions"], (open) => mergeQuestion(open, question));
  }

  private hearChannel(run: string, event: PublishedEvent): void {
    this.merger.put<LiveChannel[]>(["channels", run], (known) => mergeChannel(known, event));
  }

  private hearUsage(run: string | null, data: Record<string, unknown>): void {
    if (run) {
      const sample = data as unknown as RunUsage;
      this.merger.put<RunUsage[]>(["usage", run], (known) => joinedSamples(known, [sample]));
      if (isToBeThinned(this.queries.getQueryData<RunUsage[]>(["usage", run])))
        this.merger.renew(["usage", run]);
      return;
    }
    const machine = data.machine as Usage["history"][number];
    this.merger.put<Usage>(["usage"], (known) => ({
      ...known,
      machine,
      history: joinedSamples(known.history, [machine]).slice(-HISTORY),
    }));
  }

  /** Gather events, so that many of them draw the page once. */
  private later(gather: () => void): void {
    gather();
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.tell();
    }, TOLD_MS);
  }

  private tell(): void {
    const { runs, values } = this;
    const progress = [...this.progress.values()];
    if (values.size && putValues(this.queries, values)) this.values = new Map();
    else if (values.size) this.later(() => {});
    this.runs = [];
    this.progress = new Map();
    this.putStats();
    if (runs.length || progress.length) {
      this.merger.put<Run[]>(["runs"], (known) => mergeRuns(known, runs, progress));
    }
    for (const event of progress) {
      const key = ["run", event.simulation_id];
      this.merger.put<Run>(key, (known) => mergeRuns([known], [], [event])[0] ?? null);
    }
  }
}

async function isRefused(): Promise<boolean> {
  try {
    await need(api.GET("/api/v1/health"));
    return false;
  } catch (error) {
    return error instanceof ApiError && (error.status === 401 || error.status === 403);
  }
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        retry: (count, error) => count < 2 && error instanceof ApiError && error.status === 0,
      },
    },
  });
}
