/** What a run has said about itself; tracebacks are folded. */

import { Badge, Code, Group, Stack, Text } from "@mantine/core";
import type { Run, Status } from "@/api/client";
import { useStatuses } from "@/api/queries";
import { formatTime } from "@/lib/format";
import { DataState, Empty } from "@/ui/DataState";

const CODES = [
  { name: "success", color: "teal" },
  { name: "failure", color: "red" },
  { name: "information", color: "blue" },
];
const SUBCODES = ["", "error", "stopped"];

export function History({ run }: { run: Run }) {
  const statuses = useStatuses(run.id);
  return (
    <DataState
      query={statuses}
      isEmpty={(data) => !data.length}
      empty={<Empty title="It has said nothing about itself" />}
    >
      {(data) => (
        <Stack gap="xs">
          {data.map((status, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: statuses have no id, and are only appended
            <Entry key={at} status={status} />
          ))}
        </Stack>
      )}
    </DataState>
  );
}

function Entry({ status }: { status: Status }) {
  const code = CODES[status.code] ?? { name: `code ${status.code}`, color: "gray" };
  return (
    <div className="card" style={{ padding: 12 }}>
      <Group gap="sm">
        <Badge color={code.color} variant="light" tt="none">
          {[code.name, SUBCODES[status.subcode]].filter(Boolean).join(", ")}
        </Badge>
        <Text size="xs" c="dimmed" className="numbers">
          {formatTime(status.time)}
          {status.attempt != null && ` · attempt ${status.attempt}`}
        </Text>
      </Group>
      {status.details && (
        <Text size="sm" mt={6} className="breaks">
          {status.details}
        </Text>
      )}
      {status.error_trace && (
        <details>
          <summary style={{ cursor: "pointer", fontSize: 13 }}>Traceback</summary>
          <Code block mt={6}>
            {status.error_trace}
          </Code>
        </details>
      )}
    </div>
  );
}
