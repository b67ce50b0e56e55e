import { expect, test } from "vitest";
import { passes, readFilter, statsIn } from "./runFilter";

const run = {
  texts: ["my ppo", "stable_baselines"],
  kwargs: { lr: 0.003, env: "CartPole-v1", net: { size: 64 }, layers: [1, 2], fast: true, seed: null },
  defaults: { lr: 0.1, steps: 500 },
  values: { "eval/score": 180, "loss/nan": "NaN" },
};
const found = (text: string) => passes(readFilter(text), run);

test.each([
  "ppo",
  "lr>0.001",
  "lr>=3e-3 lr<=0.003",
  "lr=0.003",
  "lr!=0.1 ppo",
  "steps=500",
  "env=cartpole-v1",
  "net.size<65",
  "layers=[1,2]",
  "fast=true",
  "seed=null",
  "eval/score>100",
  "loss/nan!=1",
])("%s is passed", (text) => expect(found(text)).toBe(true));

test.each([
  "dqn",
  "lr>0.003",
  "lr>0.001 dqn",
  "steps!=500",
  "env>1",
  "net.depth=2",
  "nothing!=1",
  "eval/score<100",
  "loss/nan<1",
  "seed=0",
  "toString=1",
])("%s is not", (text) => expect(found(text)).toBe(false));

test("what is no argument of any run is a stat, once", () => {
  const filter = readFilter("lr>1 steps>1 eval/score>1 eval/score<9 net.size=1 word");
  expect(statsIn(filter, [run])).toEqual(["eval/score"]);
  expect(filter.words).toBe("word");
});

test("a condition without a value is a word still being typed", () => {
  expect(readFilter("lr> =3")).toEqual({ words: "lr> =3", conditions: [] });
});
