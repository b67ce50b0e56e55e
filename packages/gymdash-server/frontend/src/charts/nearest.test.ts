import { expect, test } from "vitest";
import { nearestIndex } from "./nearest";

test("the nearest point on either side counts", () => {
  expect(nearestIndex([1, undefined, undefined, 2], 1)).toBe(0);
  expect(nearestIndex([1, undefined, undefined, 2], 2)).toBe(3);
  expect(nearestIndex([null, undefined], 0)).toBeNull();
});
