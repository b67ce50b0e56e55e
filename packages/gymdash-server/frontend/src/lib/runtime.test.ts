import { expect, test } from "vitest";
import { runSeconds, runtimeText } from "./runtime";

const at = (seconds: number) => new Date(seconds * 1000).toISOString();
const run = { state: "running", started: at(100), ended: null, ran_s: 0, attempt: 1 };

test("a run takes what all of its attempts take", () => {
  expect(runSeconds(run, 130_000)).toBe(30);
  expect(runSeconds({ ...run, ran_s: 60, attempt: 2 }, 130_000)).toBe(90);
  expect(runSeconds({ ...run, state: "stopped", ended: at(130), ran_s: 90, attempt: 2 }, 900_000)).toBe(90);
});

test("waiting in a queue takes no time", () => {
  expect(runSeconds({ ...run, state: "queued", ran_s: 60 }, 900_000)).toBe(60);
  expect(runSeconds({ ...run, state: "queued", started: null, attempt: 0 }, 900_000)).toBeUndefined();
});

test("a clock that is behind the server's takes nothing away", () => {
  expect(runSeconds({ ...run, ran_s: 60, attempt: 2 }, 90_000)).toBe(60);
});

test("several attempts are named", () => {
  expect(runtimeText(run, 130_000)).toBe("30 s");
  expect(runtimeText({ ...run, ran_s: 60, attempt: 2 }, 130_000)).toBe("1 min 30 s in 2 attempts");
  expect(runtimeText({ ...run, started: null, attempt: 0 }, 130_000)).toBe("");
});
