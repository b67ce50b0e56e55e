/** One open question: what it shows, and the form of its answer. */

import { Group, Loader, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import { Link } from "wouter";
import { mergeQuestion } from "@/api/cache";
import { ApiError, api, need, type Question, type Run } from "@/api/client";
import { errorText } from "@/lib/fieldErrors";
import { formatTime } from "@/lib/format";
import { asked, firstAnswer } from "@/lib/schema";
import { ActButton } from "@/ui/ActButton";
import { JsonBox } from "@/ui/JsonBox";
import { lazily } from "@/ui/lazily";
import { MediaView } from "@/ui/MediaView";
import { notify, notifyError } from "@/ui/notify";
import { Refusal } from "@/ui/Refusal";
import { fieldErrorsOf, useRefusal } from "@/ui/useRefusal";

const SchemaForm = lazily(() => import("@/ui/SchemaForm"));
const BODY = ["body"];
/** Somebody else has answered it, or its run has ended: the card goes with its question. */
const isOver = (error: unknown) => error instanceof ApiError && error.status === 409;

export function QuestionCard({ question, run }: { question: Question; run: Run | undefined }) {
  const queries = useQueryClient();
  const schema = question.schema;
  const [data, setData] = useState<Record<string, unknown>>(() => (schema ? firstAnswer(schema) : {}));
  const answer = useMutation({
    mutationFn: (body: unknown) =>
      need(
        api.POST("/api/v1/control-requests/{request_id}/answer", {
          params: { path: { request_id: question.id } },
          body,
        }),
      ),
    onSuccess: (answered) => {
      queries.setQueryData<Question[]>(["questions"], (open) => open && mergeQuestion(open, answered));
      notify("The answer is delivered");
    },
    onError: (error) => {
      if (!isOver(error)) return;
      notifyError("The answer was not taken")(error);
      void queries.invalidateQueries({ queryKey: ["questions"] });
    },
  });
  const form = `question-${question.id}`;
  const errors = fieldErrorsOf(answer.error);
  const refused = useRefusal(errors, schema, data, BODY);
  return (
    <article
      className="card"
      style={{ padding: 18 }}
      aria-label={`Question of ${run?.name ?? question.simulation_id}`}
    >
      <Group justify="space-between" mb="xs">
        <Link href={`/runs/${question.simulation_id}?runs=${question.simulation_id}`} className="link">
          {run?.name ?? question.simulation_id.slice(0, 8)}
        </Link>
        <Text size="xs" c="dimmed">
          {question.channel} · {formatTime(question.created)}
        </Text>
      </Group>
      <Text mb="sm" className="breaks">
        {question.details || "It waits for an answer."}
      </Text>
      {question.media.map((media) => (
        <MediaView
          key={media.url}
          className="framed"
          url={media.url}
          type={media.media_type}
          label={media.path}
        />
      ))}
      {schema ? (
        <Suspense fallback={<Loader size="sm" aria-label="Loading the form" />}>
          <SchemaForm
            id={form}
            schema={schema}
            data={data}
            errors={refused.tree}
            onChange={setData}
            onSubmit={() => answer.mutate(asked(schema, data))}
          >
            <ActButton type="submit" mt="sm" loading={answer.isPending}>
              Answer
            </ActButton>
          </SchemaForm>
        </Suspense>
      ) : (
        <JsonBox
          label="Answer"
          send="Answer"
          first='{"continue": true}'
          onSend={(value) => answer.mutate(value)}
          isPending={answer.isPending}
          refused={errorText(errors, BODY) || undefined}
        />
      )}
      {answer.error && !isOver(answer.error) && (schema || !errors.length) && (
        <Refusal title="The answer was not taken" error={answer.error} errors={refused.placed} form={form} />
      )}
    </article>
  );
}
