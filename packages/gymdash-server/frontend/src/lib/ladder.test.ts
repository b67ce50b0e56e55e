import { expect, test } from "vitest";
import { ladderStep } from "./ladder";

test("the farthest step counts", () => {
  expect(ladderStep([])).toBe(0);
  expect(ladderStep([{ event: "stop" }, { event: "query" }])).toBe(1);
  expect(ladderStep([{ event: "stop" }, { event: "sigterm" }])).toBe(2);
});
