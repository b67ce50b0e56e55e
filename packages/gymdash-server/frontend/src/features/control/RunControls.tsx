/** What can be done to one run. */

import { Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "wouter";
import { hasChannels } from "@/api/cache";
import type { Run } from "@/api/client";
import { useChannels } from "@/api/queries";
import { progressText } from "@/lib/format";
import { leftText } from "@/lib/left";
import { DataState } from "@/ui/DataState";
import { RunProgress, StateBadge } from "@/ui/states";
import { useFocusKept } from "@/ui/useFocusKept";
import { ActionChannel } from "./ActionChannel";
import { ControlChannel } from "./ControlChannel";
import { CustomQuery } from "./CustomQuery";
import { LastInterventions } from "./LastInterventions";
import { StopLadder } from "./StopLadder";

/** Channels that have a place of their own. */
const BUILT_IN = new Set(["stop_simulation", "progress", "custom_query"]);

export function RunControls({ run }: { run: Run }) {
  const live = hasChannels(run);
  const card = useFocusKept<HTMLElement>();
  return (
    <article
      ref={card}
      tabIndex={-1}
      className="card"
      style={{ padding: 18 }}
      aria-label={`Control of ${run.name}`}
    >
      <Group justify="space-between" mb={6} wrap="nowrap">
        <Title order={3} size="h4" style={{ minWidth: 0 }}>
          <Link href={`/runs/${run.id}?runs=${run.id}`} className="link breaks">
            {run.name}
          </Link>
        </Title>
        <StateBadge run={run} />
      </Group>
      <RunProgress run={run} />
      <Text size="xs" c="dimmed" mt={6} className="numbers">
        {[run.progress ? progressText(run.progress) : run.reason, leftText(run)].filter(Boolean).join(" · ")}
      </Text>
      <Stack gap="md" mt="md">
        <StopLadder run={run} />
        {live && <Channels run={run} />}
        {live && <CustomQuery run={run} />}
        <LastInterventions run={run} />
      </Stack>
    </article>
  );
}

function Channels({ run }: { run: Run }) {
  const channels = useChannels(run.id, true);
  return (
    <DataState query={channels}>
      {(data) => {
        const own = data.filter((channel) => !BUILT_IN.has(channel.key));
        return (
          <Stack gap="md">
            {own.map((channel) =>
              channel.kind === "control" ? (
                <ControlChannel key={channel.key} run={run} channel={channel} />
              ) : (
                <ActionChannel key={channel.key} run={run} channel={channel} />
              ),
            )}
          </Stack>
        );
      }}
    </DataState>
  );
}
