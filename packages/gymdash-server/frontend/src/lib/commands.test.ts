import { expect, test } from "vitest";
import { asCli, asCurl, asPython, bodyOf } from "./commands";

const one = { key: "ppo", name: "it's", kwargs: { lr: 0.1, deep: { on: true } }, seeds: [], grid: {} };

test("a command line quotes what a shell would read", () => {
  expect(asCli(one)).toBe(`gymdash start ppo --name 'it'\\''s' -p lr=0.1 -p 'deep={"on":true}'`);
});

test("a batch is every combination for every seed", () => {
  const batch = { ...one, seeds: [1, 2], grid: { lr: [0.1, 0.2] } };
  expect(bodyOf(batch)).toMatchObject({ seeds: [1, 2], grid: { lr: [0.1, 0.2] } });
  expect(asCli(batch)).toBe(`${asCli(one)} --grid 'lr=[0.1,0.2]' --seeds '[1,2]'`);
});

test("an argument inside of another is varied by its whole name", () => {
  const batch = { key: "ppo", name: "", kwargs: {}, seeds: [], grid: { "net.kind": ["mlp", "it's"] } };
  expect(bodyOf(batch)).toEqual({ key: "ppo", grid: { "net.kind": ["mlp", "it's"] } });
  expect(asCli(batch)).toBe(`gymdash start ppo --grid 'net.kind=["mlp","it'\\''s"]'`);
  expect(asPython(batch)).toContain(`client.start_batch("ppo", grid={"net.kind": ["mlp", "it's"]})`);
  expect(asCurl(batch, "http://localhost:1")).toContain(`/simulations/batch`);
  expect(asCurl(batch, "http://localhost:1")).toContain(
    `-d '{"key":"ppo","grid":{"net.kind":["mlp","it'\\''s"]}}'`,
  );
});

test("Python has its own words for true and none", () => {
  expect(asPython(one)).toContain(`kwargs={"lr": 0.1, "deep": {"on": True}}`);
});

test("curl takes the token from the environment", () => {
  expect(asCurl(one, "http://localhost:1")).toContain("$GYMDASH_TOKEN");
});
