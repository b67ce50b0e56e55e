import { expect, test } from "vitest";
import { attemptStarts, withoutRepeated } from "./attempts";

const attempts = [
  { attempt: 1, started: "2026-01-01T00:00:00Z", first_step: 0 },
  { attempt: 2, started: "2026-01-01T00:01:40Z", first_step: 50 },
  { attempt: 3, started: null, first_step: null },
];
const first = Date.parse("2026-01-01T00:00:10Z") / 1000;

test("an attempt begins at its first step, or at its time", () => {
  expect(attemptStarts(attempts, "step", first)).toEqual([{ attempt: 2, x: 50 }]);
  expect(attemptStarts(attempts, "relative", first)).toEqual([{ attempt: 2, x: 90 }]);
  expect(attemptStarts(attempts, "wall", first)).toEqual([{ attempt: 2, x: first + 90 }]);
});

const columns = (step: number[], attempt: number[]) => ({
  step,
  attempt,
  wall: step.map((_, at) => at),
  value: step.map((_, at) => at * 10),
});

test("what a later attempt repeats is left out, also between its points", () => {
  const found = withoutRepeated(columns([0, 7, 14, 21, 10, 20, 30], [1, 1, 1, 1, 2, 2, 2]));
  expect(found.step).toEqual([0, 7, 10, 20, 30]);
  expect(found.value).toEqual([0, 10, 40, 50, 60]);
});

test("an attempt that begins anew leaves nothing of those before", () => {
  expect(withoutRepeated(columns([0, 5, 9, 3, 6, 0, 1], [1, 1, 1, 2, 2, 3, 3])).step).toEqual([0, 1]);
});

test("points of one attempt stay as they are, in any order", () => {
  const one = columns([5, 3, 5], [1, 1, 1]);
  expect(withoutRepeated(one)).toBe(one);
  const two = columns([0, 1, 2, 3], [1, 1, 2, 2]);
  expect(withoutRepeated(two)).toBe(two);
});
