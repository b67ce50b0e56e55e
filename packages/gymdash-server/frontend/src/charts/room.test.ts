import { expect, test } from "vitest";
import { labelSpace, leftRoom, rightRoom } from "./room";

test("half of the last label has room beyond the edge, within bounds", () => {
  expect(rightRoom("5")).toBe(8);
  expect(rightRoom("100,000")).toBe(25);
  expect(rightRoom("x".repeat(40))).toBe(40);
});

test("an axis is as wide as its longest label, within bounds", () => {
  const measure = (label: string) => 6 * label.length;
  expect(leftRoom(["0", "1,000.000001"], measure)).toBe(6 * 12 + 14);
  expect(leftRoom([], measure)).toBe(46);
  expect(leftRoom(["x".repeat(100)], measure)).toBe(170);
});

test("labels have room beside each other", () => {
  expect(labelSpace(["0", "5"], 50)).toBe(50);
  expect(labelSpace(["1,000,000", "1,000,010"], 50)).toBe(72);
});
