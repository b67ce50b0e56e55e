import { expect, test } from "vitest";
import { isSeen, nearestIndex } from "./nearest";

test("the nearest point on either side counts", () => {
  expect(nearestIndex([1, undefined, undefined, 2], 1)).toBe(0);
  expect(nearestIndex([1, undefined, undefined, 2], 2)).toBe(3);
  expect(nearestIndex([null, undefined], 0)).toBeNull();
});

test("a line is seen between two points that are both beyond what is shown", () => {
  const places = [0, 40, 50, 60, 100];
  const sparse = [1, undefined, undefined, undefined, 2];
  expect(isSeen(places, sparse, 0, [40, 60])).toBe(true);
  expect(isSeen(places, sparse, 4, [40, 60])).toBe(true);
  expect(isSeen(places, sparse, 0, [0, 60])).toBe(true);
  expect(isSeen(places, [1, 2, undefined, undefined, undefined], 1, [50, 60])).toBe(false);
  expect(isSeen(places, [undefined, undefined, undefined, 1, 2], 3, [0, 50])).toBe(false);
});

test("a line that has a gap there is not, but its points are", () => {
  expect(isSeen([0, 50, 100], [1, null, 2], 0, [40, 60])).toBe(false);
  expect(isSeen([0, 10, 20, 100], [1, null, 2, 3], 0, [40, 60])).toBe(true);
  expect(isSeen([0, 10, 50], [1, null, 2], 0, [40, 60])).toBe(true);
});
