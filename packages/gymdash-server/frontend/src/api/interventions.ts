/** Where runs were changed from outside, as marks in their plots. */

import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { interventionsQuery } from "./queries";

const SHOWN = new Set(["control", "action", "answer", "pause", "resume", "stop"]);

export function useInterventionMarkers(
  refs: { run: string }[],
  color: (id: string) => string,
  on: boolean,
): { x: number; color: string }[] {
  const answers = useQueries({ queries: refs.map((ref) => interventionsQuery(ref.run)) });
  return useMemo(
    () =>
      on
        ? answers.flatMap((answer, at) => {
            const run = refs[at]?.run ?? "";
            const steps = (answer.data ?? [])
              .filter((item) => SHOWN.has(item.event))
              .map((item) => item.acknowledged_step ?? item.step);
            return steps.filter((step) => step !== null).map((x) => ({ x, color: color(run) }));
          })
        : [],
    [answers, refs, color, on],
  );
}
