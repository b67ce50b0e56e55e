/** Talk to runs: questions of all of them, and what can be done to those that are selected. */

import { SimpleGrid, Stack, Title } from "@mantine/core";
import { useQuestions, useRuns } from "@/api/queries";
import { DataState, Empty } from "@/ui/DataState";
import { isLive } from "@/ui/states";
import { useSelection } from "@/ui/useSelection";
import { QuestionCard } from "./QuestionCard";
import { RunControls } from "./RunControls";

export default function ControlView() {
  const questions = useQuestions();
  const runs = useRuns();
  const { selected } = useSelection();
  return (
    <Stack gap="lg">
      <section aria-labelledby="inbox">
        <Title order={2} mb="md" id="inbox">
          Questions
        </Title>
        <DataState
          query={questions}
          isEmpty={(data) => !data.length}
          empty={<Empty title="No run asks anything" />}
        >
          {(data) => (
            <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: "start" }}>
              {data.map((question) => (
                <QuestionCard
                  key={question.id}
                  question={question}
                  run={runs.data?.find((run) => run.id === question.simulation_id)}
                />
              ))}
            </SimpleGrid>
          )}
        </DataState>
      </section>
      <section aria-labelledby="steering">
        <Title order={2} mb="md" id="steering">
          Control
        </Title>
        <DataState query={runs}>
          {(data) => {
            const chosen = data.filter((run) => selected.includes(run.id));
            const shown = chosen.length ? chosen : data.filter(isLive).slice(0, 4);
            if (!shown.length)
              return (
                <Empty title="Nothing runs">Select runs in the list to see what was done to them.</Empty>
              );
            return (
              <SimpleGrid cols={{ base: 1, lg: shown.length > 1 ? 2 : 1 }} style={{ alignItems: "start" }}>
                {shown.map((run) => (
                  <RunControls key={run.id} run={run} />
                ))}
              </SimpleGrid>
            );
          }}
        </DataState>
      </section>
    </Stack>
  );
}
