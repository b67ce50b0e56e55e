import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { Merger } from "./merger";

const KEY = ["numbers"];

/** A query whose answers are given by the test, each time that it is asked. */
function asked() {
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  });
  const answers: { give: (data: number[]) => Promise<void>; fail: () => Promise<void> }[] = [];
  const queryFn = () =>
    new Promise<number[]>((resolve, reject) => {
      const then = (settle: () => void) => {
        settle();
        return new Promise<void>((done) => setTimeout(done));
      };
      answers.push({
        give: (data) => then(() => resolve(data)),
        fail: () => then(() => reject(new Error("no"))),
      });
    });
  const merger = new Merger(queries);
  const leave = new QueryObserver(queries, { queryKey: KEY, queryFn }).subscribe(() => {});
  const known = () => queries.getQueryData<number[]>(KEY);
  const add = (one: number) => merger.put<number[]>(KEY, (list) => [...new Set([...list, one])]);
  return { queries, merger, answers, known, add, leave };
}

test("a first answer that is older than what was heard does not overwrite it", async () => {
  const { answers, known, add } = asked();
  add(2);
  expect(known()).toBeUndefined();
  await answers[0]?.give([1]);
  expect(known()).toEqual([1, 2]);
});

test("nor does one that was asked for again", async () => {
  const { queries, answers, known, add } = asked();
  await answers[0]?.give([1]);
  void queries.invalidateQueries({ queryKey: KEY });
  add(2);
  expect(known()).toEqual([1, 2]);
  await answers[1]?.give([1]);
  expect(known()).toEqual([1, 2]);
});

test("a part of an answer is merged as well, and so is the whole", async () => {
  const { queries, answers, known, add } = asked();
  add(9);
  queries.setQueryData(KEY, [1]);
  expect(known()).toEqual([1, 9]);
  await answers[0]?.give([1, 2]);
  expect(known()).toEqual([1, 2, 9]);
});

test("a change that was merged is not merged into later answers", async () => {
  const { queries, answers, known, add } = asked();
  add(2);
  await answers[0]?.give([1]);
  void queries.invalidateQueries({ queryKey: KEY });
  await answers[1]?.give([1]);
  expect(known()).toEqual([1]);
});

test("what becomes stale while it is first asked for is asked for again", async () => {
  const { merger, answers, known } = asked();
  merger.renew(KEY);
  expect(answers).toHaveLength(1);
  await answers[0]?.give([1]);
  expect(answers).toHaveLength(2);
  await answers[1]?.give([1, 2]);
  expect(known()).toEqual([1, 2]);
  expect(answers).toHaveLength(2);
});

test("what becomes stale again and again while an answer is on its way is asked for once more", async () => {
  const { merger, answers, known } = asked();
  await answers[0]?.give([1]);
  for (const _ of [1, 2, 3]) merger.renew(KEY);
  expect(answers).toHaveLength(2);
  await answers[1]?.give([1, 2]);
  expect(answers).toHaveLength(3);
  await answers[2]?.give([1, 2, 3]);
  expect(known()).toEqual([1, 2, 3]);
  expect(answers).toHaveLength(3);
});

test("an answer that may never come is not waited for where that is said", async () => {
  const { merger, answers, known } = asked();
  await answers[0]?.give([1]);
  merger.renew(KEY);
  merger.renew(KEY, true);
  expect(answers).toHaveLength(3);
  await answers[2]?.give([1, 2]);
  expect(known()).toEqual([1, 2]);
});

test("a change that cannot tell has it read again, also where an answer was on its way", async () => {
  const { merger, answers } = asked();
  merger.put<number[]>(KEY, (list) => (list.includes(2) ? list : null));
  await answers[0]?.give([1]);
  expect(answers).toHaveLength(2);
  await answers[1]?.give([1, 2]);
  expect(answers).toHaveLength(2);
});

test("a question that failed is not asked for ever", async () => {
  const { merger, answers, known } = asked();
  merger.renew(KEY);
  await answers[0]?.fail();
  expect(answers).toHaveLength(2);
  await answers[1]?.fail();
  expect(answers).toHaveLength(2);
  expect(known()).toBeUndefined();
});

test("what nobody has asked for is left alone", () => {
  const queries = new QueryClient();
  new Merger(queries).put(["others"], () => [1]);
  expect(queries.getQueryData(["others"])).toBeUndefined();
});
