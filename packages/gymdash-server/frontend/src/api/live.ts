/** The one place where the stream is merged with what was asked for. */

import { QueryClient } from "@tanstack/react-query";
import type { PointsPart } from "@/lib/series";
import { isToBeThinned } from "@/lib/usage";
import {
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
import { areValuesShown, putValues } from "./lastValues";
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
  private runs: RunEvent[] = [];
  private progress: ProgressEvent[] = [];
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
    this.stream = new LiveStream("/api/v1/events", this.hear, isRefused);
  }

  onLog(listener: (event: LogEvent) => void): () => void {
    this.logs.add(listener);
    return () => this.logs.delete(listener);
  }

  private hear = (name: EventName, data: Record<string, unknown>): void => {
    const run = data.simulation_id as string;
    if (name === "hello" || name === "resync") this.readAnew();
    else if (name === "simulation") this.hearRun(run, data as RunEvent);
    else if (name === "progress") this.later(() => this.progress.push(data as ProgressEvent));
    else if (name === "points") this.hearPoints(run, data as unknown as StatEvent & PointsPart);
    else if (name === "control_request") this.hearQuestion(data as unknown as Question);
    else if (name === "channel") this.hearChannel(run, data as unknown as PublishedEvent);
    else if (name === "log") for (const listener of this.logs) listener(data as unknown as LogEvent);
    else if (name === "usage") this.hearUsage(run, data);
  };

  private readAnew(): void {
    this.greeted();
    this.runs = [];
    this.progress = [];
    this.points = new Map();
    void this.queries.invalidateQueries();
    this.series.reread();
  }

  private hearRun(run: string, event: RunEvent): void {
    this.later(() => this.runs.push(event));
    if ("deleted" in event) {
      this.heard.delete(run);
      void this.queries.invalidateQueries({ queryKey: ["run", run] });
      return;
    }
    const parts = stalePartsOf(event, this.heard.get(run));
    this.heard.set(run, event);
    this.putRun(["run", run], event);
    for (const part of parts) void this.queries.invalidateQueries({ queryKey: [part, run] });
  }

  /** An answer that is on its way may be older than the event, and would be put over it: it is asked for again. */
  private putRun(queryKey: string[], event: Run): void {
    const isAsked = this.queries.isFetching({ queryKey, exact: true }) > 0;
    this.queries.setQueryData<Run>(queryKey, (known) => (known || isAsked ? event : known));
    if (isAsked) void this.queries.invalidateQueries({ queryKey, exact: true });
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
      const stats = this.queries.getQueryData<Stat[]>(["stats", run]);
      if (!stats) continue;
      const merged = events.reduce<Stat[] | null>((known, event) => known && mergeStat(known, event), stats);
      if (merged) this.queries.setQueryData(["stats", run], merged);
      else void this.queries.invalidateQueries({ queryKey: ["stats", run] });
    }
  }

  private hearValue(run: string, { key, kind, value }: StatEvent): void {
    const last = value?.at(-1);
    if (kind !== "scalars" || last === undefined || !areValuesShown(this.queries)) return;
    this.later(() => this.values.set(run, { ...this.values.get(run), [key]: last }));
  }

  private hearQuestion(question: Question): void {
    this.queries.setQueryData<Question[]>(["questions"], (open) => open && mergeQuestion(open, question));
  }

  private hearChannel(run: string, event: PublishedEvent): void {
    this.queries.setQueryData<LiveChannel[]>(
      ["channels", run],
      (known) => known && mergeChannel(known, event),
    );
  }

  private hearUsage(run: string | null, data: Record<string, unknown>): void {
    if (run) {
      const sample = data as unknown as RunUsage;
      this.queries.setQueryData<RunUsage[]>(["usage", run], (known) => known && [...known, sample]);
      if (isToBeThinned(this.queries.getQueryData<RunUsage[]>(["usage", run]))) {
        void this.queries.invalidateQueries({ queryKey: ["usage", run] });
      }
      return;
    }
    const machine = data.machine as Usage["history"][number];
    this.queries.setQueryData<Usage>(
      ["usage"],
      (known) => known && { ...known, machine, history: [...known.history, machine].slice(-HISTORY) },
    );
  }

  /** Gather events, so that many of them draw the page once. */
  private later(gather: () => void): void {
    gather();
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const { runs, progress, values } = this;
      if (values.size && putValues(this.queries, values)) this.values = new Map();
      else if (values.size) this.later(() => {});
      // a list on its way may be older than the events: they are merged again when it is here
      const areAsked = this.queries.isFetching({ queryKey: ["runs"], exact: true }) > 0;
      if (areAsked && runs.length) this.later(() => {});
      else this.runs = [];
      this.progress = [];
      this.putStats();
      this.queries.setQueryData<Run[]>(["runs"], (known) => known && mergeRuns(known, runs, progress));
      for (const event of progress) {
        this.queries.setQueryData<Run>(
          ["run", event.simulation_id],
          (known) => known && mergeRuns([known], [], [event])[0],
        );
      }
    }, TOLD_MS);
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
