import { expect, test } from "vitest";
import { placeOfKey } from "./listKeys";

test("arrows, pages and ends lead through a list and never out of it", () => {
  expect(placeOfKey("ArrowDown", 3, 10, 5)).toBe(4);
  expect(placeOfKey("ArrowUp", 0, 10, 5)).toBe(0);
  expect(placeOfKey("PageDown", 7, 10, 5)).toBe(9);
  expect(placeOfKey("Home", 7, 10, 5)).toBe(0);
  expect(placeOfKey("End", 0, 10, 5)).toBe(9);
});

test("other keys, and those of an empty list, lead nowhere", () => {
  expect(placeOfKey("a", 3, 10, 5)).toBeNull();
  expect(placeOfKey("ArrowDown", 0, 0, 5)).toBeNull();
});
