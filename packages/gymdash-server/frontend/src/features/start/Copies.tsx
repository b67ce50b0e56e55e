/** The same start as a command, to copy. */

import { Button, CopyButton, Group, Text } from "@mantine/core";
import { asCli, asCurl, asPython, type Order } from "@/lib/commands";
import { Icon } from "@/ui/icons";

export function Copies({ order }: { order: Order }) {
  const copies = [
    ["command", asCli(order)],
    ["Python", asPython(order)],
    ["curl", asCurl(order, window.location.origin)],
  ] as const;
  return (
    <Group gap={6}>
      <Text size="xs" c="dimmed">
        Copy as
      </Text>
      {copies.map(([name, text]) => (
        <CopyButton key={name} value={text}>
          {({ copied, copy }) => (
            <Button
              size="compact-xs"
              variant="default"
              onClick={copy}
              title={text}
              leftSection={<Icon name="copy" size={12} />}
            >
              {copied ? "copied" : name}
            </Button>
          )}
        </CopyButton>
      ))}
    </Group>
  );
}
