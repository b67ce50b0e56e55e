import { expect, test } from "vitest";
import { matchesWords } from "./search";

test("every word has to be somewhere", () => {
  expect(matchesWords("ppo RUN", "my ppo", "running")).toBe(true);
  expect(matchesWords("ppo dqn", "my ppo")).toBe(false);
  expect(matchesWords("", "anything")).toBe(true);
});
