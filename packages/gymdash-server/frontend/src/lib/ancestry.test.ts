import { expect, test } from "vitest";
import { ancestryOf } from "./ancestry";

const saved = (name: string, step: number, origin: string | null = null) => ({
  name,
  step,
  time: `2026-01-01T00:00:${step % 60}Z`,
  origin,
});

test("a branch tells the checkpoint and its step", () => {
  const own = [saved("0000-origin", 1398, "parent"), saved("0001-step-1500", 1500)];
  const ofParent = [saved("0001-step-200", 200), saved("0002-step-1398", 1398)];
  expect(ancestryOf("parent", own, ofParent)).toEqual({
    how: "Branched from",
    where: "checkpoint 0002-step-1398 (step 1,398)",
  });
});

test("of a checkpoint that the parent has no more, the step is told", () => {
  expect(ancestryOf("parent", [saved("0000-origin", 7, "parent")], []).where).toBe(
    "its checkpoint at step 7",
  );
});

test("a restart has no checkpoint of its parent", () => {
  expect(ancestryOf("parent", [saved("0001-step-5", 5)], [])).toEqual({ how: "Made from", where: "" });
});
