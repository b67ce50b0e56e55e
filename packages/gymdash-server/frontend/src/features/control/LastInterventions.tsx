/** What was done to a run lately, and what became of it. */

import { Text } from "@mantine/core";
import type { Run } from "@/api/client";
import { useInterventions } from "@/api/queries";
import { text } from "@/lib/table";

const SHOWN = 5;

export function LastInterventions({ run }: { run: Run }) {
  const { data = [] } = useInterventions(run.id);
  if (!data.length) return null;
  return (
    <div>
      <Text size="xs" fw={600} c="dimmed">
        Lately
      </Text>
      {data.slice(-SHOWN).map((item) => (
        <Text key={item.id} size="xs" c="dimmed" className="numbers" truncate>
          {item.event}
          {item.channel && ` ${item.channel}`}
          {item.value !== null && ` ${text(item.value).slice(0, 80)}`}: {item.outcome ?? "waits"}
          {item.acknowledged_step !== null && ` at step ${item.acknowledged_step}`}
        </Text>
      ))}
    </div>
  );
}
