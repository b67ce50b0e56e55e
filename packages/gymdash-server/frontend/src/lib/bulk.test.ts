import { expect, test } from "vitest";
import { failuresText, forEach, taggedText, thrownText } from "./bulk";

test("no more than so many are under way at a time, and each is done once, in order", async () => {
  const [begun, ends]: [number[], (() => void)[]] = [[], []];
  const act = (item: number) => {
    begun.push(item);
    return new Promise<void>((end) => ends.push(end));
  };
  const all = forEach([0, 1, 2, 3, 4, 5], act, 4);
  expect(begun).toEqual([0, 1, 2, 3]);
  for (let at = 0; at < 6; at++) {
    ends[at]?.();
    await nextTurn();
    expect(begun.length).toBe(Math.min(6, 5 + at));
  }
  expect(await all).toEqual({ done: [0, 1, 2, 3, 4, 5], failed: [] });
});

test("one that fails holds up none, and is told with its reason", async () => {
  const runs = ["a", "b", "c"].map((name) => ({ name }));
  const act = ({ name }: { name: string }) =>
    name === "b" ? Promise.reject(new Error("it is gone")) : Promise.resolve();
  const { done, failed } = await forEach(runs, act);
  expect(done.map(({ name }) => name)).toEqual(["a", "c"]);
  expect(failuresText(failed)).toBe("b: it is gone");
});

test("nothing to do is done at once", async () => {
  expect(await forEach([], () => Promise.reject(new Error("never")))).toEqual({ done: [], failed: [] });
});

test("what was left is told", () => {
  expect(thrownText(2, 0)).toBe("2 runs moved to the trash");
  expect(thrownText(1, 1)).toBe("1 run moved to the trash; 1 run had not ended and was left");
  expect(thrownText(0, 2)).toBe("Nothing was thrown away; 2 runs had not ended and were left");
  expect(taggedText("good", 1200, 0)).toBe("1,200 runs tagged “good”");
  expect(taggedText("good", 1, 2)).toBe("1 run tagged “good”; 2 runs had it");
});

/** Until what is waiting for a promise has gone on. */
const nextTurn = () => new Promise<void>((done) => setTimeout(done));
