import { expect, test } from "vitest";
import { type Intervened, titlesOf, whatBecame, whatWasDone } from "./interventionText";

const titleOf = titlesOf([
  { key: "lr", title: "Learning rate" },
  { key: "evaluate", title: "Evaluate now" },
]);
const item = (event: string, more: Partial<Intervened> = {}): Intervened => ({
  event,
  channel: null,
  value: null,
  outcome: "answered",
  step: 5,
  acknowledged_step: 1200,
  ...more,
});
const words = (done: Intervened) => [whatWasDone(done, titleOf), whatBecame(done)];

test("a control says its title, its value and where it was applied", () => {
  expect(words(item("control", { channel: "lr", value: 0.0005 }))).toEqual([
    "Learning rate set to 0.0005",
    "applied at step 1,200",
  ]);
});

test("what waits, was refused or came too late says so", () => {
  const refused = item("control", { channel: "lr", value: 7, outcome: "refused", acknowledged_step: null });
  expect(whatBecame(refused)).toBe("refused");
  expect(whatBecame({ ...refused, outcome: "pending" })).toBe("waits until it is taken");
  expect(whatBecame({ ...refused, outcome: null })).toBe("waits");
});

test("actions, questions and answers", () => {
  expect(words(item("action", { channel: "evaluate" }))).toEqual(["Evaluate now", "done at step 1,200"]);
  expect(words(item("query", { channel: "custom_query", value: { continue: true } }))[0]).toBe(
    "Asked Custom query: continue yes",
  );
  expect(words(item("answer", { channel: "q", value: { go: true, note: "fine" } }))).toEqual([
    "Question answered: go yes, note fine",
    "at step 1,200",
  ]);
});

test("the ladder of a stop", () => {
  const stop = item("stop", { value: { grace_s: 30, save: true }, outcome: "stopped" });
  expect(words(stop)).toEqual(["Stop asked, saving first", "the run stopped at step 1,200"]);
  expect(words({ ...stop, value: { grace_s: 30 }, outcome: "accepted" })).toEqual([
    "Stop asked",
    "accepted at step 1,200",
  ]);
  expect(words(item("kill", { outcome: "killed", acknowledged_step: null }))).toEqual([
    "SIGKILL sent",
    "the run was killed",
  ]);
  expect(words(item("pause", { outcome: "accepted" }))).toEqual(["Paused", "at step 1,200"]);
});
