import { expect, test } from "vitest";
import { byPrefix, distinctKeys } from "./grouping";

test("plots are grouped by what is before the last slash", () => {
  const groups = byPrefix([{ key: "train/loss" }, { key: "reward" }, { key: "train/kl" }]);
  expect(groups.map(([name, items]) => [name, items.map((item) => item.key)])).toEqual([
    ["", ["reward"]],
    ["train", ["train/loss", "train/kl"]],
  ]);
});

test("keys are sorted as people count", () => {
  expect(distinctKeys(["layer10", "layer2", "layer2"])).toEqual(["layer2", "layer10"]);
});
