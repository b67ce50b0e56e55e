import { expect, test } from "vitest";
import { compose, headOf, placesOf } from "./compose";

const raw = (y: number[]) => ({ raw: { x: [0, 1], y } });

test("each run has its line", () => {
  const { data, parts } = compose([raw([1, 2]), raw([3, 4])], [[0], [1]], null);
  expect(data).toEqual([
    [0, 1],
    [1, 2],
    [3, 4],
  ]);
  expect(parts.map(({ member, role }) => [member, role])).toEqual([
    [0, "line"],
    [1, "line"],
  ]);
});

test("smoothed lines lie above all raw ones", () => {
  const smoothed = { ...raw([1, 2]), smooth: { x: [0, 1], y: [1.5, 1.5] } };
  const { data, parts } = compose([smoothed, raw([3, 4])], [[0], [1]], null);
  expect(data.slice(1)).toEqual([
    [1, 2],
    [1.5, 1.5],
    [3, 4],
  ]);
  expect(parts.map(({ role }) => role)).toEqual(["faint", "line", "line"]);
});

test("a group is its mean above its two edges, and a run alone stays a line", () => {
  const { data, parts } = compose([raw([1, 2]), raw([9, 9]), raw([3, 6])], [[0, 2], [1]], "minmax");
  expect(data.slice(1)).toEqual([
    [1, 2],
    [3, 6],
    [2, 4],
    [9, 9],
  ]);
  expect(parts[2]).toEqual({ member: 0, count: 2, role: "line", edges: [0, 1] });
  expect(parts[3]).toEqual({ member: 1, count: 1, role: "line" });
});

test("a band is of the smoothed lines", () => {
  const smoothed = (y: number[]) => ({ ...raw([0, 0]), smooth: { x: [0, 1], y } });
  const { data } = compose([smoothed([1, 1]), smoothed([3, 3])], [[0, 1]], "minmax");
  expect(data.slice(1)).toEqual([
    [1, 1],
    [3, 3],
    [2, 2],
  ]);
});

test("a group has the places of those that have the stat", () => {
  const groups = [[{ id: "a" }, { id: "gone" }, { id: "c" }], [{ id: "b" }], [{ id: "other" }]];
  expect(placesOf(["a", "b", "c"], groups)).toEqual([[0, 2], [1]]);
});

test("a run of a group is highlighted by the group's mean", () => {
  const groups = [[{ id: "a" }, { id: "b" }], [{ id: "c" }]];
  expect(headOf("b", groups, ["a", "c"])).toBe("a");
  expect(headOf("c", groups, ["a", "c"])).toBe("c");
  expect(headOf("other", groups, ["a", "c"])).toBe("other");
  expect(headOf(null, groups, ["a", "c"])).toBeNull();
});
