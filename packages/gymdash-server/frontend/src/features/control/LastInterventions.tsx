/** What was done to a run lately, by whom, and what became of it. */

import { Text } from "@mantine/core";
import type { Run } from "@/api/client";
import { useInterventions, useTypes } from "@/api/queries";
import { formatTime } from "@/lib/format";
import { titlesOf, whatBecame, whatWasDone } from "@/lib/interventionText";

const SHOWN = 5;

export function LastInterventions({ run }: { run: Run }) {
  const { data = [] } = useInterventions(run.id);
  const type = useTypes().data?.find((item) => item.key === run.key);
  const titleOf = titlesOf(type?.channels ?? []);
  if (!data.length) return null;
  return (
    <div>
      <Text size="xs" fw={600} c="dimmed" component="h4">
        Lately
      </Text>
      <ul className="lately numbers" aria-label={`Lately done to ${run.name}`}>
        {data
          .slice(-SHOWN)
          .reverse()
          .map((item) => (
            <li key={item.id}>
              <span className="breaks">
                {[whatWasDone(item, titleOf), whatBecame(item)].filter(Boolean).join(" · ")}
              </span>
              <Text span size="xs" c="dimmed">
                {[formatTime(item.time), item.by && `via ${item.by}`].filter(Boolean).join(" · ")}
              </Text>
            </li>
          ))}
      </ul>
    </div>
  );
}
