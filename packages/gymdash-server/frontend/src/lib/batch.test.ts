import { expect, test } from "vitest";
import { parseGrid, parseSeeds, sortedOut } from "./batch";

test("seeds are numbers and ranges", () => {
  expect(parseSeeds("0-2, 10").value).toEqual([0, 1, 2, 10]);
  expect(parseSeeds("").value).toEqual([]);
  expect(parseSeeds("a").error).toContain('"a"');
  expect(parseSeeds("0-99999").error).toContain("1000");
});

test("a grid has a line an argument", () => {
  expect(parseGrid("lr = 0.1, 0.01\nnet = [[64], [128]]\nname = a, b").value).toEqual({
    lr: [0.1, 0.01],
    net: [[64], [128]],
    name: ["a", "b"],
  });
  expect(parseGrid("lr").error).toContain("lr");
  expect(parseGrid("lr =").error).toContain("no values");
});

test("a grid varies arguments inside of others, each by all of its name", () => {
  expect(parseGrid("net.depth = 1, 2\nnet.kind = mlp").value).toEqual({
    "net.depth": [1, 2],
    "net.kind": ["mlp"],
  });
});

test.each(["net.", ".depth", "net..depth", ".", "net. "])(
  "a name in a grid with an empty part, %j, is refused",
  (name) => {
    const { value, error } = parseGrid(`lr = 0.1\n${name} = 1`);
    expect(value).toEqual({});
    expect(error).toContain(`"${name.trim()}" has an empty part`);
  },
);

test("what is wrong inside of an argument stands at the grid where the grid has that, or something around it", () => {
  const epochs = { loc: ["train_kwargs", "epochs"], message: "too small" };
  const layer = { loc: ["net", "layers", 0], message: "no number" };
  const other = { loc: ["train_kwargs", "rate"], message: "too large" };
  const { inBatch, others } = sortedOut([epochs, layer, other], false, {
    "train_kwargs.epochs": [0],
    "net.layers": [["a"]],
  });
  expect(inBatch.grid).toBe("train_kwargs.epochs: too small; net.layers.0: no number");
  expect(inBatch.placed.map(({ path }) => path)).toEqual([["batch:grid"]]);
  expect(others).toEqual([other]);
});

test("what is wrong with a value of the grid or with a seed is said there", () => {
  const errors = [
    { loc: ["lr"], message: "too large" },
    { loc: ["seed"], message: "too small" },
    { loc: ["steps"], message: "no number" },
  ];
  const { inBatch, others } = sortedOut(errors, true, { lr: [5] });
  expect(inBatch).toMatchObject({ seeds: "seed: too small", grid: "lr: too large" });
  expect(inBatch.placed.map(({ path }) => path)).toEqual([["batch:seeds"], ["batch:grid"]]);
  expect(others).toEqual([errors[2]]);
  expect(sortedOut(errors, false, {}).others).toEqual(errors);
});
