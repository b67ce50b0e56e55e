import { expect, test } from "vitest";
import { parts } from "./answers";

const URL = "data:image/png;base64,iVBORw0KGgo=";

test("pictures are taken out of an answer", () => {
  expect(parts({ label: "7", picture: URL })).toEqual({
    pictures: [{ name: "picture", url: URL }],
    rest: { label: "7" },
  });
  expect(parts({ picture: URL }).rest).toBeUndefined();
  expect(parts(URL)).toEqual({ pictures: [{ name: "answer", url: URL }], rest: undefined });
});

test("what is no picture stays as it is", () => {
  for (const value of [7, "seven", [URL], { a: 1 }, {}, { svg: "data:image/svg+xml;base64,AAAA" }]) {
    expect(parts(value)).toEqual({ pictures: [], rest: value });
  }
  expect(parts(null)).toEqual({ pictures: [], rest: undefined });
});
