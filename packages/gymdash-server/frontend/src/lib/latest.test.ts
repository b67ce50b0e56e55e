import { expect, test } from "vitest";
import { latestOf } from "./latest";

const stat = (
  key: string,
  kind: string,
  last_value: unknown,
  count = 2,
  last_step: number | null = 1200,
) => ({
  key,
  kind,
  count,
  last_step,
  last_value,
});

test("numbers come before media, with their newest value and its step", () => {
  const stats = [stat("video", "videos", null, 3), stat("loss", "scalars", 0.25), stat("acc", "scalars", 1)];
  expect(latestOf(stats)).toEqual([
    { id: "scalars acc", key: "acc", value: "1", step: "1,200" },
    { id: "scalars loss", key: "loss", value: "0.25", step: "1,200" },
    { id: "videos video", key: "video", value: "3 videos", step: "1,200" },
  ]);
});

test("what is no finite number is told by its name, and a key of two kinds has two lines", () => {
  const found = latestOf([
    stat("x", "scalars", "NaN"),
    stat("y", "scalars", "Infinity"),
    stat("z", "scalars", null),
    stat("x", "text", null, 1, null),
  ]);
  expect(found.map(({ id, value, step }) => [id, value, step])).toEqual([
    ["scalars x", "NaN", "1,200"],
    ["scalars y", "∞", "1,200"],
    ["scalars z", "", "1,200"],
    ["text x", "1 text", ""],
  ]);
});
