import { expect, test } from "vitest";
import { shortIds, toldApart } from "./names";
import { groupName } from "./seeds";

const run = (id: string, name: string) => ({ id, name, state: "running" });

test("runs of the same name have a short id behind it, and the others stay", () => {
  const runs = [run("aaaaaaaa-1", "ppo"), run("bbbbbbbb-2", "ppo"), run("cccccccc-3", "dqn")];
  expect(toldApart(runs).map(({ name }) => name)).toEqual(["ppo (aaaaaaaa)", "ppo (bbbbbbbb)", "dqn"]);
  expect([...shortIds(runs).keys()]).toEqual(["aaaaaaaa-1", "bbbbbbbb-2"]);
});

test("a list in which all names differ is the same list", () => {
  const runs = [run("a", "one"), run("b", "two")];
  expect(toldApart(runs)).toBe(runs);
});

test("ids that begin alike are told to where they differ", () => {
  const names = toldApart([run("aaaaaaaa-b1", "x"), run("aaaaaaaa-c2", "x")]).map(({ name }) => name);
  expect(names).toEqual(["x (aaaaaaaa-b1)", "x (aaaaaaaa-c2)"]);
});

test("a mean of runs of the same name is called by that name", () => {
  const names = toldApart([run("aaaaaaaa-1", "ppo"), run("abbbbbbb-2", "ppo")]).map(({ name }) => name);
  expect(groupName(names)).toBe("ppo");
});
