/** Last values of the runs' scalars: read in parts, and kept up to date by the stream. */

import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { distinctKeys } from "@/lib/grouping";
import { type LastValues, mergeValues, picked } from "@/lib/lastValues";
import { api, need } from "./client";

/** What the queries of last values are called. */
export const LAST_VALUES = "last-values";
const PAGE = 500;
/** Runs whose stats are offered as columns. */
const OFFERED_OF = 50;
const NONE: LastValues = new Map();

/** The last values of some stats of all runs; the first part is there before the others. */
export function useLastValues(keys: string[]): LastValues {
  const queries = useQueryClient();
  const queryKey = [LAST_VALUES, keys];
  const { data } = useQuery({
    queryKey,
    enabled: keys.length > 0,
    queryFn: () => readAll(keys, (soFar) => queries.setQueryData<LastValues>(queryKey, soFar)),
  });
  return data ?? NONE;
}

async function readAll(keys: string[], told: (soFar: LastValues) => void): Promise<LastValues> {
  let found = NONE;
  for (let waiting = 1; waiting > 0; ) {
    waiting = 0;
    for (let cursor: string | undefined | null; cursor !== null; ) {
      const query = { key: keys, limit: PAGE, ...(cursor && { cursor }) };
      const page = await need(api.GET("/api/v1/last-values", { params: { query } }));
      found = mergeValues(found, page.items);
      waiting += page.waiting;
      cursor = page.next_cursor;
      if (cursor !== null || waiting > 0) told(found);
    }
  }
  return found;
}

/** Names of the scalars of the newest runs. */
export const useOfferedKeys = (on: boolean) =>
  useQuery({
    queryKey: ["offered-keys"],
    enabled: on,
    staleTime: 0,
    queryFn: async () => {
      const page = await need(api.GET("/api/v1/last-values", { params: { query: { limit: OFFERED_OF } } }));
      return distinctKeys(page.items.flatMap(({ values }) => Object.keys(values)));
    },
  });

/** Whether a table shows last values. */
export const areValuesShown = (queries: QueryClient): boolean =>
  queries.getQueryCache().find({ queryKey: [LAST_VALUES], exact: false }) !== undefined;

/**
 * Put what was heard into the tables; returns whether that was done.
 *
 * What is being read would be lost, or overwrite what is newer: it waits until the reading is done.
 */
export function putValues(queries: QueryClient, heard: Map<string, Record<string, unknown>>): boolean {
  if (queries.isFetching({ queryKey: [LAST_VALUES] })) return false;
  for (const query of queries.getQueryCache().findAll({ queryKey: [LAST_VALUES] })) {
    const keys = query.queryKey[1] as string[];
    const items = [...heard]
      .map(([simulation_id, values]) => ({ simulation_id, values: picked(values, keys) }))
      .filter(({ values }) => Object.keys(values).length);
    if (!items.length) continue;
    queries.setQueryData<LastValues>(query.queryKey, (known) => known && mergeValues(known, items));
  }
  return true;
}
