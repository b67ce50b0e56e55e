/** Stats of kinds that plugins draw, a section a kind. */

import { Button, Group, SimpleGrid, Title } from "@mantine/core";
import type { Run } from "@/api/client";
import type { Drawn } from "@/api/renderers";
import { formatNumber } from "@/lib/format";
import { distinctKeys } from "@/lib/grouping";
import { chooseStep, useChosenStep } from "@/ui/chosenStep";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { WhenSeen } from "@/ui/WhenSeen";
import { RendererCard } from "./RendererCard";
import type { RunStat } from "./useMedia";

const CARD_PX = 120;

interface Props {
  runs: Run[];
  stats: RunStat[];
  drawn: Map<string, Drawn>;
  color: (id: string) => string;
}

export function RendererGroups({ runs, stats, drawn, color }: Props) {
  const step = useChosenStep();
  const kinds = [...drawn.values()].filter(({ kind }) => stats.some((stat) => stat.kind === kind));
  if (!kinds.length) return null;
  return (
    <>
      {step !== null && (
        <Group>
          <Button size="compact-sm" variant="default" onClick={() => chooseStep(null)}>
            Step {formatNumber(step)} is pointed out; forget it
          </Button>
        </Group>
      )}
      {kinds.map((kind) => {
        const found = stats.filter((stat) => stat.kind === kind.kind);
        return (
          <section key={kind.kind} aria-label={kind.title}>
            <Title order={3} size="h5" mb={6}>
              {kind.title}
            </Title>
            <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
              {distinctKeys(found.map(({ key }) => key)).map((key) => (
                <WhenSeen key={key} height={CARD_PX}>
                  <ErrorBoundary name={`The stat ${key}`}>
                    <RendererCard
                      drawn={kind}
                      statKey={key}
                      refs={found.filter((stat) => stat.key === key)}
                      runs={runs}
                      color={color}
                    />
                  </ErrorBoundary>
                </WhenSeen>
              ))}
            </SimpleGrid>
          </section>
        );
      })}
    </>
  );
}
