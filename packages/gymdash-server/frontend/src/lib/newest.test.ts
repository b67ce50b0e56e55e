import { expect, test } from "vitest";
import { newestOf } from "./newest";

const scalar = (key: string, last_value: unknown) => ({ key, kind: "scalars", last_value });

test("each name that any run has is a row with a value for each run", () => {
  const rows = newestOf([
    [scalar("loss", 0.25), scalar("b", 1)],
    [scalar("a", "Infinity"), scalar("b", 1)],
  ]);
  expect(rows).toEqual([
    { key: "a", values: ["", "∞"], differs: true },
    { key: "b", values: ["1", "1"], differs: false },
    { key: "loss", values: ["0.25", ""], differs: true },
  ]);
});

test("what is no number, has no value or is still being read has no row", () => {
  const text = { key: "note", kind: "texts", last_value: "x" };
  expect(newestOf([[text, scalar("none", null)], undefined])).toEqual([]);
});
