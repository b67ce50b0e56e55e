/** Start what a form asks for, and go to see it. */

import { useMutation } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { api, need, type Run } from "@/api/client";
import { bodyOf, type Order } from "@/lib/commands";
import { notify } from "@/ui/notify";

export function useStart(order: Order) {
  const [, go] = useLocation();
  return useMutation({
    mutationFn: () => send(order),
    onSuccess: (runs) => {
      notify(runs.length > 1 ? `${runs.length} runs are started` : `${runs[0]?.name} is started`);
      const ids = runs.map((run) => run.id).join(",");
      go(runs.length > 1 ? `/analyze?runs=${ids}` : `/runs/${ids}?runs=${ids}`);
    },
  });
}

async function send(order: Order): Promise<Run[]> {
  const body = bodyOf(order);
  if ("seeds" in body || "grid" in body) {
    return (await need(api.POST("/api/v1/simulations/batch", { body: body as never }))).items;
  }
  return [await need(api.POST("/api/v1/simulations", { body: body as never }))];
}
