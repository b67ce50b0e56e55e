import { expect, test } from "vitest";
import { rightRoom } from "./room";

test("half of the last label has room beyond the edge, within bounds", () => {
  expect(rightRoom("5")).toBe(8);
  expect(rightRoom("100,000")).toBe(25);
  expect(rightRoom("x".repeat(40))).toBe(40);
});
