import { expect, test } from "vitest";
import { ladderStep, savingOf } from "./ladder";

test("the farthest step counts", () => {
  expect(ladderStep([])).toBe(0);
  expect(ladderStep([{ event: "stop" }, { event: "query" }])).toBe(1);
  expect(ladderStep([{ event: "stop" }, { event: "sigterm" }])).toBe(2);
});

test("saving is offered once it is known that a run can, or that nobody will know", () => {
  const types = [
    { key: "saver", capabilities: ["checkpoint"], late: false },
    { key: "other", capabilities: [], late: false },
    { key: "later", capabilities: [], late: true },
  ];
  expect(savingOf(undefined, "saver")).toBe("unread");
  expect(savingOf(types, "later")).toBe("unread");
  expect(savingOf(types, "saver")).toBe("yes");
  expect(savingOf(types, "other")).toBe("no");
  expect(savingOf(types, "gone")).toBe("perhaps");
});
