/** Send a value to a channel of a run and wait for what becomes of it. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, need, type Reply } from "@/api/client";

const PATIENCE_S = 10;

export function useQueryChannel(run: string, channel: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (value: unknown): Promise<Reply | undefined> => {
      const answer = await need(
        api.POST("/api/v1/simulations/{simulation_id}/query", {
          params: { path: { simulation_id: run } },
          body: { channels: { [channel]: value }, timeout_s: PATIENCE_S },
        }),
      );
      return answer.channels[channel];
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["channels", run] });
      void queries.invalidateQueries({ queryKey: ["interventions", run] });
    },
  });
}

/** What became of a request, in words. */
export function outcomeOf(reply: Reply): string {
  if (reply.pending) return "It waits until the simulation takes it.";
  if (!reply.triggered) return reply.reason ? `No answer: ${reply.reason}.` : "No answer in time.";
  return reply.step === null ? "Done." : `Applied at step ${reply.step}.`;
}
