import { expect, test } from "vitest";
import { groupName, seedGroups } from "./seeds";

const run = (id: string, kwargs: Record<string, unknown>, key = "walk") => ({ id, name: id, key, kwargs });
const ids = (groups: { id: string }[][]) => groups.map((group) => group.map(({ id }) => id).join());

test("runs that differ by their seed alone are a group", () => {
  const runs = [
    run("a", { seed: 1, lr: 0.1 }),
    run("b", { seed: 1, lr: 0.2 }),
    run("c", { lr: 0.1, seed: 2 }),
    run("d", { lr: 0.1 }),
    run("e", { lr: 0.1, seed: 2 }, "other"),
  ];
  expect(ids(seedGroups(runs))).toEqual(["a,c,d", "b", "e"]);
});

test("the order of nested arguments does not count, that of lists does", () => {
  const runs = [
    run("a", { net: { width: 2, depth: 3 }, at: [1, 2] }),
    run("b", { at: [1, 2], net: { depth: 3, width: 2 }, seed: 5 }),
    run("c", { at: [2, 1], net: { depth: 3, width: 2 }, seed: 5 }),
  ];
  expect(ids(seedGroups(runs))).toEqual(["a,b", "c"]);
});

test.each([
  [["walk", "walk"], "walk"],
  [["walk seed=1", "walk seed=2"], "walk"],
  [["walk_1", "walk_2"], "walk"],
  [["walk (seed 1)", "walk (seed 2)"], "walk"],
  [["alpha", "beta"], "alpha"],
  [["only"], "only"],
  [[], ""],
])("the group of %j is called %s", (names, name) => {
  expect(groupName(names)).toBe(name);
});
