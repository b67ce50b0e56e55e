/** One run: what it is, what it does, what was done to it, and where it comes from. */

import { Alert, Button, Group, SimpleGrid, Tabs, Text, Title } from "@mantine/core";
import { Link, useParams, useSearchParams } from "wouter";
import type { Run } from "@/api/client";
import { useRun } from "@/api/queries";
import { formatTime, progressText } from "@/lib/format";
import { leftText } from "@/lib/left";
import { runtimeText } from "@/lib/runtime";
import { DataState } from "@/ui/DataState";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { isLive, RunProgress, StateBadge } from "@/ui/states";
import { Actions } from "./Actions";
import { Attempts } from "./Attempts";
import { Checkpoints } from "./Checkpoints";
import { Config } from "./Config";
import { History } from "./History";
import { InTrash } from "./InTrash";
import { Interventions } from "./Interventions";
import { LatestValues } from "./LatestValues";
import { Logs } from "./Logs";
import { Notes } from "./Notes";
import { Provenance } from "./Provenance";
import { UsagePlots } from "./UsagePlots";

const TABS = ["overview", "logs", "statuses", "checkpoints", "interventions", "usage", "provenance"] as const;

export default function RunView() {
  const { id = "" } = useParams();
  const run = useRun(id);
  return <DataState query={run}>{(data) => <Page key={data.id} run={data} />}</DataState>;
}

function Page({ run }: { run: Run }) {
  const [params, setParams] = useSearchParams();
  const tab = params.get("tab") ?? "overview";
  const took = runtimeText(run, Date.now());
  const show = (name: string | null) =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        after.set("tab", name ?? "overview");
        return after;
      },
      { replace: true },
    );
  return (
    <>
      <Group justify="space-between" align="flex-start" mb="sm" wrap="nowrap" className="run-head">
        <div style={{ minWidth: 0 }}>
          <Group gap="4px 12px" mb={4}>
            <Title order={2} className="breaks">
              {run.name}
            </Title>
            <StateBadge run={run} size="md" />
          </Group>
          <Text size="sm" c="dimmed" className="breaks numbers">
            {run.key} · created {formatTime(run.created)}
            {took && ` · ${took}`}
            {run.reason && ` · ${run.reason}`}
          </Text>
        </div>
        <Group gap="xs" wrap="nowrap" flex="none">
          <Button component={Link} href={`/analyze?runs=${run.id}`} variant="default" size="sm">
            Analyze
          </Button>
          {isLive(run) && (
            <Button component={Link} href={`/control?runs=${run.id}`} size="sm">
              Control
            </Button>
          )}
          <Actions run={run} />
        </Group>
      </Group>
      <InTrash run={run} />
      {run.state === "waiting" && (
        <Alert color="yellow" mb="sm" title="It waits for an answer">
          <Link href={`/control?runs=${run.id}`} className="link">
            See its question
          </Link>
        </Alert>
      )}
      <RunProgress run={run} />
      {run.progress && (
        <Text size="xs" c="dimmed" mt={4} className="numbers">
          {[progressText(run.progress), leftText(run)].filter(Boolean).join(" · ")}
        </Text>
      )}
      <Tabs value={tab} onChange={show} mt="md" keepMounted={false}>
        <Tabs.List mb="md">
          {TABS.map((name) => (
            <Tabs.Tab key={name} value={name} tt="capitalize">
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {TABS.map((name) => (
          <Tabs.Panel key={name} value={name}>
            <ErrorBoundary name={name}>
              <Content tab={name} run={run} />
            </ErrorBoundary>
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}

function Content({ tab, run }: { tab: (typeof TABS)[number]; run: Run }) {
  if (tab === "logs") return <Logs run={run} />;
  if (tab === "statuses") return <History run={run} />;
  if (tab === "checkpoints") return <Checkpoints run={run} />;
  if (tab === "interventions") return <Interventions run={run} />;
  if (tab === "usage") return <UsagePlots run={run} />;
  if (tab === "provenance") return <Provenance run={run} />;
  return (
    <>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing={14} mb={14} style={{ alignItems: "start" }}>
        <LatestValues run={run} />
        <Config run={run} />
      </SimpleGrid>
      <Notes run={run} />
      <Attempts run={run} />
    </>
  );
}
