import { expect, test } from "vitest";
import { partsOfName } from "./cut";

test("what tells runs of a sweep apart stays", () => {
  expect(partsOfName("sw, learning_rate=0.0003, seed=3")).toEqual(["sw, learning_rate", "=0.0003, seed=3"]);
  expect(partsOfName("sw, learning_rate=0.001, seed=3")).toEqual(["sw, learning_rate", "=0.001, seed=3"]);
});

test("short names are one part, and nothing of long ones is lost", () => {
  expect(partsOfName("ppo (aaaaaaaa)")).toEqual(["ppo (aaaaaaaa)", ""]);
  const name = "x".repeat(50);
  expect(partsOfName(name).join("")).toBe(name);
  expect(partsOfName(name)[1]).toHaveLength(18);
});
