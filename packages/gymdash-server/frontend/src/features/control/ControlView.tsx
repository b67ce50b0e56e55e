/** Talk to runs: what can be done to those that are selected, and the questions of all. */

import { Anchor, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import type { Question, Run } from "@/api/client";
import { useQuestions, useRuns } from "@/api/queries";
import { toldApart } from "@/lib/names";
import { sharedOut } from "@/lib/questions";
import { DataState, Empty } from "@/ui/DataState";
import { isLive } from "@/ui/states";
import { useFocusKept } from "@/ui/useFocusKept";
import { useSelection } from "@/ui/useSelection";
import { QuestionCard } from "./QuestionCard";
import { RunControls } from "./RunControls";

const MOST_LIVE = 4;
const OTHERS = "others";

export default function ControlView() {
  const questions = useQuestions();
  const runs = useRuns();
  const { selected } = useSelection();
  const asking = new Set(questions.data?.map((question) => question.simulation_id));
  const isShown = (run: Run) => selected.includes(run.id) || asking.has(run.id) || isLive(run);
  const all = toldApart((runs.data ?? []).filter(isShown));
  const { own, others } = sharedOut(questions.data ?? [], selected);
  const isQuiet = questions.data?.length === 0;
  const view = useFocusKept<HTMLDivElement>(); // a question that is answered goes
  return (
    <Stack ref={view} tabIndex={-1} gap="lg" style={{ outline: "none" }}>
      {(own.length > 0 || !selected.length || questions.error) && (
        <section aria-labelledby="inbox">
          <Title order={2} mb="md" id="inbox">
            Questions
          </Title>
          <DataState query={questions}>
            {() => (isQuiet ? <Quiet /> : <Cards questions={own} runs={all} />)}
          </DataState>
        </section>
      )}
      <section aria-labelledby="steering">
        <Title order={2} mb={others.length ? 4 : "md"} id="steering">
          Control
        </Title>
        {others.length > 0 && (
          <Anchor href={`#${OTHERS}`} size="sm" display="block" mb="md">
            {others.length === 1 ? "Another run asks something" : `Other runs ask ${others.length} questions`}
          </Anchor>
        )}
        <DataState query={runs}>{() => <Steered runs={all} selected={selected} />}</DataState>
      </section>
      {selected.length > 0 && isQuiet && <Quiet />}
      {others.length > 0 && (
        <section aria-labelledby={OTHERS}>
          <Title order={2} mb="md" id={OTHERS}>
            Questions of other runs
          </Title>
          <Cards questions={others} runs={all} />
        </section>
      )}
    </Stack>
  );
}

function Quiet() {
  return (
    <Text size="sm" c="dimmed">
      No run asks anything.
    </Text>
  );
}

function Cards({ questions, runs }: { questions: Question[]; runs: Run[] }) {
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: "start" }}>
      {questions.map((question) => (
        <QuestionCard
          key={question.id}
          question={question}
          run={runs.find((run) => run.id === question.simulation_id)}
        />
      ))}
    </SimpleGrid>
  );
}

/** The selected runs; where none is selected, some of those that go on. */
function Steered({ runs, selected }: { runs: Run[]; selected: string[] }) {
  const chosen = runs.filter((run) => selected.includes(run.id));
  const shown = chosen.length ? chosen : runs.filter(isLive).slice(0, MOST_LIVE);
  if (!shown.length)
    return <Empty title="Nothing runs">Select runs in the list to see what was done to them.</Empty>;
  return (
    <SimpleGrid cols={{ base: 1, lg: shown.length > 1 ? 2 : 1 }} style={{ alignItems: "start" }}>
      {shown.map((run) => (
        <RunControls key={run.id} run={run} />
      ))}
    </SimpleGrid>
  );
}
