/** A box for whatever a simulation understands, always there. */

import { Alert, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Run } from "@/api/client";
import { errorText } from "@/lib/fieldErrors";
import { Answer } from "@/ui/Answer";
import { JsonBox } from "@/ui/JsonBox";
import { fieldErrorsOf } from "@/ui/useRefusal";
import { outcomeOf, useQueryChannel } from "./useQueryChannel";

export function CustomQuery({ run }: { run: Run }) {
  const [isOpen, { toggle }] = useDisclosure(false);
  const send = useQueryChannel(run.id, "custom_query");
  return (
    <div>
      <UnstyledButton onClick={toggle} aria-expanded={isOpen} className="link" fz="sm">
        {isOpen ? "▾" : "▸"} Custom query
      </UnstyledButton>
      {isOpen && (
        <JsonBox
          label="custom_query"
          send="Send"
          first={'{\n  "continue": true\n}'}
          onSend={(value) => send.mutate(value)}
          isPending={send.isPending}
          refused={errorText(fieldErrorsOf(send.error)) || undefined}
        />
      )}
      {send.data && (
        <Text size="xs" c="dimmed" mt={4} aria-live="polite">
          {outcomeOf(send.data)}
        </Text>
      )}
      {send.data?.triggered && <Answer value={send.data.value} />}
      {send.error && !fieldErrorsOf(send.error).length && (
        <Alert color="red" mt="xs" role="alert">
          {send.error.message}
        </Alert>
      )}
    </div>
  );
}
