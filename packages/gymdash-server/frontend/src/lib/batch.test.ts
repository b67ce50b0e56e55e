import { expect, test } from "vitest";
import { parseGrid, parseSeeds } from "./batch";

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
