/** Whether what is shown is live. */

import { Alert, Group, Text } from "@mantine/core";
import { useConnection } from "@/api/context";
import type { ConnectionState } from "@/api/stream";

const SHOWN: Record<ConnectionState, { color: string; text: string }> = {
  connecting: { color: "#868e96", text: "Connecting" },
  live: { color: "#12b886", text: "Live" },
  lost: { color: "#f08c00", text: "Connection lost" },
  refused: { color: "#e03131", text: "Not let in" },
};

export function ConnectionDot() {
  const { color, text } = SHOWN[useConnection()];
  return (
    <Group gap={6} wrap="nowrap" role="status" aria-label={`Connection: ${text}`}>
      <span className="dot" style={{ background: color }} />
      <Text size="xs" c="dimmed" visibleFrom="md">
        {text}
      </Text>
    </Group>
  );
}

export function Connection() {
  const state = useConnection();
  if (state === "lost") {
    return (
      <Alert color="orange" title="The connection to the server is lost" mb="md" role="alert">
        What is shown may be out of date. Runs go on without the server; the page takes up again when it
        answers.
      </Alert>
    );
  }
  if (state === "refused") {
    return (
      <Alert color="red" title="The server does not know this page any more" mb="md" role="alert">
        It was probably started anew with another token. Open the address that it has printed.
      </Alert>
    );
  }
  return null;
}
