/** What happened to runs, as marks in their plots: changes from outside, and attempts that begin. */

import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import type { XMode } from "@/lib/align";
import { attemptStarts } from "@/lib/attempts";
import { placeOfIntervention } from "@/lib/interventions";
import { titlesOf, whatWasDone } from "@/lib/interventionText";
import type { Intervention, Run } from "./client";
import { attemptsQuery, interventionsQuery, useTypes } from "./queries";

export interface RunMarker {
  run: string;
  x: number;
  label: string;
  flag?: string;
}

const SHOWN = new Set(["control", "action", "answer", "pause", "resume", "stop"]);
const dataOf = <T>(answers: { data: T | undefined }[]) => answers.map(({ data }) => data);

/** Marks of some runs; `firsts` says when the line of each begins. */
export function useRunMarkers(runs: Run[], mode: XMode, firsts: Record<string, number>): RunMarker[] {
  const done = useQueries({ queries: runs.map(({ id }) => interventionsQuery(id)), combine: dataOf });
  const tried = useQueries({
    queries: runs.map(({ id, attempt }) => ({ ...attemptsQuery(id), enabled: attempt > 1 })),
    combine: dataOf,
  });
  const types = useTypes().data;
  const from = runs.map(({ id }) => firsts[id] ?? 0).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the beginnings say all that counts of firsts
  return useMemo(
    () =>
      runs.flatMap(({ id, name, key }, at) => [
        ...changesOf(done[at] ?? [], {
          run: id,
          name,
          mode,
          first: firsts[id] ?? 0,
          titleOf: titlesOf(types?.find((type) => type.key === key)?.channels ?? []),
        }),
        ...attemptStarts(tried[at] ?? [], mode, firsts[id] ?? 0).map(({ attempt, x }) => ({
          run: id,
          x,
          label: `attempt ${attempt} of ${name}`,
          flag: String(attempt),
        })),
      ]),
    [runs, mode, done, tried, types, from],
  );
}

interface Line {
  run: string;
  name: string;
  mode: XMode;
  first: number;
  titleOf: (key: string) => string;
}

function changesOf(done: Intervention[], { run, name, mode, first, titleOf }: Line): RunMarker[] {
  return done
    .filter((item) => SHOWN.has(item.event))
    .flatMap((item) => {
      const x = placeOfIntervention(item, mode, first);
      return x === null ? [] : [{ run, x, label: `${whatWasDone(item, titleOf)} (${name})` }];
    });
}
