import { expect, test } from "vitest";
import { partsOf } from "./provenance";

test("single values come first, together", () => {
  const parts = partsOf({ git: { dirty: true, root: "/x" }, seed: 3, time: "now", note: null, empty: "" });
  expect(parts).toEqual([
    {
      name: "general",
      rows: [
        ["seed", "3"],
        ["time", "now"],
      ],
      folded: [],
    },
    {
      name: "git",
      rows: [
        ["dirty", "yes"],
        ["root", "/x"],
      ],
      folded: [],
    },
  ]);
});

test("lists and texts of several lines are folded", () => {
  const [part] = partsOf({ git: { untracked_files: ["a", "b"], diff: "-a\n+b", one: ["a"] } });
  expect(part?.folded).toEqual([
    ["untracked files", "a\nb"],
    ["diff", "-a\n+b"],
  ]);
  expect(part?.rows).toEqual([["one", "a"]]);
});

test("packages keep their names, and an empty list says so", () => {
  const [general, packages] = partsOf({ packages: { ast_serialize: "1" }, gpus: [], cpu_count: 2 });
  expect(general?.rows).toEqual([
    ["gpus", "none"],
    ["cpu count", "2"],
  ]);
  expect(packages?.rows).toEqual([["ast_serialize", "1"]]);
});
