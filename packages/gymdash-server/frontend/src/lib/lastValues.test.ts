import { expect, test } from "vitest";
import { mergeValues, picked } from "./lastValues";

test("values are merged key by key, and what was known stays as it is", () => {
  const known = new Map([["a", { x: 1, y: 2 }]]);
  const merged = mergeValues(known, [
    { simulation_id: "a", values: { y: 3 } },
    { simulation_id: "b", values: { x: 4 } },
  ]);
  expect([...merged]).toEqual([
    ["a", { x: 1, y: 3 }],
    ["b", { x: 4 }],
  ]);
  expect(known.get("a")).toEqual({ x: 1, y: 2 });
});

test("only the wanted keys are kept", () => {
  expect(picked({ x: 1, y: 2 }, ["y", "z"])).toEqual({ y: 2 });
});
