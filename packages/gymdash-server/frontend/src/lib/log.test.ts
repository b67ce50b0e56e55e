import { expect, test } from "vitest";
import { answered, append, fromPart, linesOf, MOST_TEXT } from "./log";

const part = (offset: number, text: string) => ({
  offset,
  text,
  next_offset: offset + text.length,
  first_offset: 0,
  size: offset + text.length,
});

test("a piece that follows is appended, one that is known is not", () => {
  const log = fromPart(part(10, "ab"));
  expect(append(log, part(12, "cd"))).toEqual({ begin: 10, end: 14, text: "abcd" });
  expect(append(log, part(10, "ab"))).toBe(log);
});

test("a piece that leaves something out asks for another reading", () => {
  expect(append(fromPart(part(0, "ab")), part(5, "x"))).toBeNull();
});

test("an answer that is older than what has come meanwhile takes nothing away", () => {
  const before = fromPart(part(0, "ab"));
  const now = append(before, part(2, "cd"));
  expect(answered(before, now, part(2, "c"))).toBe(now);
  expect(answered(before, now, part(2, "cde")).text).toBe("abcde");
  expect(answered(null, null, part(0, "a")).text).toBe("a");
});

test("a long log loses its beginning, by whole lines", () => {
  const log = append(fromPart(part(0, `old\n${"x".repeat(MOST_TEXT - 1)}`)), part(MOST_TEXT + 3, "\nnew"));
  expect(log?.text.startsWith("x")).toBe(false);
  expect(log?.text).toBe("new");
});

test("progress bars overwrite themselves, colours are left out", () => {
  expect(linesOf("10%\r20%\n\u001b[31mred\u001b[0m\r\n")).toEqual(["20%", "red", ""]);
});
