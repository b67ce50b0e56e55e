import { expect, test } from "vitest";
import { leftText } from "./left";

const run = (state: string, eta_s: number | null = 28) => ({ state, reason: "why", progress: { eta_s } });

test("what is left is told of what goes on, not of what stops or has ended", () => {
  expect(leftText(run("running"))).toBe("28 s left");
  expect(leftText(run("stopping"))).toBe("");
  expect(leftText(run("stopped"))).toBe("");
  expect(leftText(run("running", null))).toBe("");
  expect(leftText(run("queued"))).toBe("why");
});
