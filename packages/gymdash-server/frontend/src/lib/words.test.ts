import { expect, test } from "vitest";
import { inWords } from "./words";

test("plain values have no quotes, and numbers are as elsewhere", () => {
  expect(inWords(0.0005)).toBe("0.0005");
  expect(inWords(12345)).toBe("12,345");
  expect(inWords("tanh")).toBe("tanh");
  expect(inWords(true)).toBe("yes");
  expect(inWords(null)).toBe("nothing");
  expect(inWords("")).toBe("an empty text");
});

test("lists and objects have no braces", () => {
  expect(inWords({ width: 64, weight_decay: 0.1, net: { deep: false } })).toBe(
    "width 64, weight decay 0.1, net (deep no)",
  );
  expect(inWords([1, 2, 3, 4, 5, 6])).toBe("1, 2, 3, 4 and 2 more");
  expect(inWords({})).toBe("nothing");
});

test("what is long is cut, and what was left out by the server says its size", () => {
  expect(inWords("x".repeat(200))).toHaveLength(80);
  expect(inWords({ image: { truncated: "string", size_bytes: 4096, start: "data:" } })).toBe(
    "image (a string of 4.0 KiB)".replace(/[()]/g, ""),
  );
});
