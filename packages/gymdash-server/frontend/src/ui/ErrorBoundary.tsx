/** Keeps a defect of one part from emptying the page. */

import { Alert, Button, Code, Group, Stack } from "@mantine/core";
import { Component, type ReactNode } from "react";

interface Props {
  /** What it guards; the boundary begins anew when this changes. */
  name: string;
  children: ReactNode;
}

export class ErrorBoundary extends Component<Props, { error: Error | null }> {
  state = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  componentDidUpdate(before: Props): void {
    if (before.name !== this.props.name && this.state.error) this.setState({ error: null });
  }

  render(): ReactNode {
    const { error } = this.state as { error: Error | null };
    if (!error) return this.props.children;
    return (
      <Alert color="red" title={`${this.props.name} met a defect`} m="md" role="alert">
        <Stack gap="xs" align="flex-start">
          <Code block>{error.stack ?? error.message}</Code>
          <Group gap="xs">
            <Button size="xs" variant="default" onClick={() => this.setState({ error: null })}>
              Try again
            </Button>
            <Button size="xs" variant="default" onClick={() => window.location.reload()}>
              Reload the page
            </Button>
          </Group>
        </Stack>
      </Alert>
    );
  }
}
