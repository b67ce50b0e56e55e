/** What the server knows, as hooks; all but a few answers are kept up to date by the stream. */

import {
  type QueryClient,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { joinedSamples } from "@/lib/usage";
import type { LiveChannel } from "./cache";
import { api, need, type Question, type Run, type RunUsage } from "./client";

const PAGE = 500;
const FIRST_PAGE = 100;
const LATE_MS = 1000;
const id = (simulation_id: string) => ({ params: { path: { simulation_id } } });

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

async function everything<T>(
  read: (cursor: string | undefined) => Promise<Page<T>>,
  told: (soFar: T[]) => void = () => {},
): Promise<T[]> {
  const found: T[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await read(cursor);
    found.push(...page.items);
    if (page.next_cursor === null) return found;
    cursor = page.next_cursor;
    told([...found]);
  }
}

/** All runs but those in the trash, newest first; the first page, a small one, is there before the others. */
export const runsQuery = (queries: QueryClient) => ({
  queryKey: ["runs"],
  queryFn: () =>
    everything(
      (cursor) =>
        need(
          api.GET("/api/v1/simulations", {
            params: { query: { limit: cursor ? PAGE : FIRST_PAGE, cursor } },
          }),
        ),
      (soFar) =>
        queries.setQueryData<Run[]>(["runs"], (known) =>
          known && known.length > soFar.length ? known : soFar,
        ),
    ),
});

export function useRuns(): UseQueryResult<Run[]> {
  return useQuery(runsQuery(useQueryClient()));
}

export const useRun = (run: string) =>
  useQuery({
    queryKey: ["run", run],
    queryFn: () => need(api.GET("/api/v1/simulations/{simulation_id}", id(run))),
  });

export const useTrash = (on: boolean) =>
  useQuery({
    queryKey: ["trash"],
    enabled: on,
    queryFn: () =>
      everything((cursor) =>
        need(api.GET("/api/v1/simulations", { params: { query: { limit: PAGE, cursor, trashed: true } } })),
      ),
  });

/** What is still being found out of a type is asked for again; each answer waits for it for a while. */
export const useTypes = () =>
  useQuery({
    queryKey: ["types"],
    refetchInterval: ({ state }) => (state.data?.some(({ late }) => late) ? LATE_MS : false),
    queryFn: async () => (await need(api.GET("/api/v1/simulation-types"))).items,
  });

export const useQuestions = () =>
  useQuery<Question[]>({
    queryKey: ["questions"],
    queryFn: () =>
      everything((cursor) =>
        need(api.GET("/api/v1/control-requests", { params: { query: { open: true, limit: PAGE, cursor } } })),
      ),
  });

export const useChannels = (run: string, isLive: boolean) =>
  useQuery<LiveChannel[]>({
    queryKey: ["channels", run],
    enabled: isLive,
    queryFn: async () => (await need(api.GET("/api/v1/simulations/{simulation_id}/channels", id(run)))).items,
  });

export const statsQuery = (run: string) => ({
  queryKey: ["stats", run],
  queryFn: async () => (await need(api.GET("/api/v1/simulations/{simulation_id}/stats", id(run)))).items,
});

export const useStatuses = (run: string) =>
  useQuery({
    queryKey: ["statuses", run],
    queryFn: () =>
      everything((cursor) =>
        need(
          api.GET("/api/v1/simulations/{simulation_id}/statuses", {
            params: { path: { simulation_id: run }, query: { limit: PAGE, cursor } },
          }),
        ),
      ),
  });

export const interventionsQuery = (run: string) => ({
  queryKey: ["interventions", run],
  queryFn: () =>
    everything((cursor) =>
      need(
        api.GET("/api/v1/simulations/{simulation_id}/interventions", {
          params: { path: { simulation_id: run }, query: { limit: PAGE, cursor } },
        }),
      ),
    ),
});

export const useInterventions = (run: string) => useQuery(interventionsQuery(run));

export const useCheckpoints = (run: string, enabled = true) =>
  useQuery({
    enabled,
    queryKey: ["checkpoints", run],
    queryFn: async () =>
      (await need(api.GET("/api/v1/simulations/{simulation_id}/checkpoints", id(run)))).items,
  });

export const attemptsQuery = (run: string) => ({
  queryKey: ["attempts", run],
  queryFn: async () => (await need(api.GET("/api/v1/simulations/{simulation_id}/attempts", id(run)))).items,
});

export const useAttempts = (run: string) => useQuery(attemptsQuery(run));

export const useProvenance = (run: string) =>
  useQuery({
    queryKey: ["provenance", run],
    queryFn: () => need(api.GET("/api/v1/simulations/{simulation_id}/provenance", id(run))),
  });

export const usePlugins = () =>
  useQuery({ queryKey: ["plugins"], queryFn: async () => (await need(api.GET("/api/v1/plugins"))).items });

export const useKinds = () =>
  useQuery({ queryKey: ["kinds"], queryFn: async () => (await need(api.GET("/api/v1/stat-kinds"))).items });

export const useHealth = () =>
  useQuery({ queryKey: ["health"], queryFn: () => need(api.GET("/api/v1/health")) });

export const useUsage = () =>
  useQuery({ queryKey: ["usage"], queryFn: () => need(api.GET("/api/v1/usage")) });

/** What a run has used so far, thinned out so that peaks stay; the stream adds what comes. */
export function useRunUsage(run: string): UseQueryResult<RunUsage[]> {
  const queries = useQueryClient();
  return useQuery({
    queryKey: ["usage", run],
    queryFn: async () => {
      const read = await need(api.GET("/api/v1/simulations/{simulation_id}/usage", id(run)));
      return joinedSamples(read.items, queries.getQueryData<RunUsage[]>(["usage", run]) ?? []);
    },
  });
}

export type Verb = "pause" | "resume" | "restart" | "kill" | "restore";

/** The commands without arguments. */
export function useVerb(run: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (verb: Verb) => need<Run>(api.POST(`/api/v1/simulations/{simulation_id}/${verb}`, id(run))),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["trash"] }),
  });
}
