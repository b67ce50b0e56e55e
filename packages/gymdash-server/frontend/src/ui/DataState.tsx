/** What every view of data shows while it is read, when it is empty, and when it cannot be read. */

import { Alert, Button, Center, Loader, Stack, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { messageOf } from "@/api/client";

interface Props<T> {
  query: UseQueryResult<T>;
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  children: (data: T) => ReactNode;
}

export function DataState<T>({ query, isEmpty, empty, children }: Props<T>) {
  const { data, error, refetch } = query;
  if (data !== undefined) {
    return (
      <>
        {error && <Problem error={error} again={() => void refetch()} stale />}
        {isEmpty?.(data) ? empty : children(data)}
      </>
    );
  }
  if (error) return <Problem error={error} again={() => void refetch()} />;
  return (
    <Center p="xl">
      <Loader aria-label="Loading" size="sm" />
    </Center>
  );
}

export function Problem({ error, again, stale }: { error: unknown; again?: () => void; stale?: boolean }) {
  return (
    <Alert
      color="red"
      title={stale ? "This may be out of date" : "This could not be read"}
      my="sm"
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm" className="breaks">
          {messageOf(error)}
        </Text>
        {again && (
          <Button size="xs" variant="default" onClick={again}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Center p="xl">
      <Stack gap="xs" align="center" maw={440}>
        <Text fw={600}>{title}</Text>
        {children && (
          <Text size="sm" c="dimmed" ta="center" component="div">
            {children}
          </Text>
        )}
      </Stack>
    </Center>
  );
}
