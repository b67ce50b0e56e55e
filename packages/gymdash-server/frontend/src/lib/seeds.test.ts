import { expect, test } from "vitest";
import { chipsOf, groupName, seedGroups } from "./seeds";

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
  [["sw, lr=0.1, seed=10", "sw, lr=0.1, seed=11"], "sw, lr=0.1"],
  [["walk seed=1", "walk seed=12"], "walk"],
  [[], ""],
])("the group of %j is called %s", (names, name) => {
  expect(groupName(names)).toBe(name);
});

test("a group that is drawn as one has one chip, which says of how many", () => {
  const named = (id: string, lr: number, seed: number) => ({
    ...run(id, { lr, seed }),
    name: `sw, lr=${lr}, seed=${seed}`,
  });
  const runs = [named("a", 0.1, 1), named("b", 0.1, 2), named("c", 0.2, 1)];
  expect(chipsOf(runs, true)).toEqual([
    { ids: ["a", "b"], name: "sw, lr=0.1 · 2 seeds", title: "sw, lr=0.1, seed=1\nsw, lr=0.1, seed=2" },
    { ids: ["c"], name: "sw, lr=0.2, seed=1", title: "sw, lr=0.2, seed=1" },
  ]);
  expect(chipsOf(runs, false).map(({ ids }) => ids)).toEqual([["a"], ["b"], ["c"]]);
  const again = [named("a", 0.1, 1), named("b", 0.1, 1)];
  expect(chipsOf(again, true)[0]?.name).toBe("sw, lr=0.1, seed=1 · 2 runs");
});
