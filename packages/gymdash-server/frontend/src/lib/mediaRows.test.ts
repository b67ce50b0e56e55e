import { expect, test } from "vitest";
import { mediaRows } from "./mediaRows";

const medium = (run: string, step: number, key = "rollout") => ({ run, step, key, kind: "images" });

test("media of the same step stand beside each other, and a run without one has an empty place", () => {
  const rows = mediaRows([medium("b", 5), medium("a", 5), medium("a", 0)], ["a", "b"]);
  expect(rows.map(({ step, cells }) => [step, cells.map((cell) => cell.map(({ run }) => run))])).toEqual([
    [5, [["a"], ["b"]]],
    [0, [["a"], []]],
  ]);
});

test("keys have rows of their own, and other runs none", () => {
  expect(mediaRows([medium("a", 5), medium("a", 5, "other")], ["a"])).toHaveLength(2);
  expect(mediaRows([medium("z", 5)], ["a"])).toEqual([]);
});
