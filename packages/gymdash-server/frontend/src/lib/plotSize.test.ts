import { expect, test } from "vitest";
import { columnsOf, PLOT_SIZES } from "./plotSize";

const GAP = 10;
/** What a screen of 1920 by 1080 leaves for the cards: without the list of runs, the header and the settings. */
const ROOM = { width: 1598, height: 860 };

test("twenty small plots fit on a screen", () => {
  const { width, card } = PLOT_SIZES.small;
  const columns = Math.floor((ROOM.width + GAP) / (width + GAP));
  const rows = Math.floor((ROOM.height + GAP) / (card + GAP));
  expect(columns * rows).toBeGreaterThanOrEqual(20);
});

test("a column is never wider than its page, and a plot that is alone has all of it", () => {
  expect(columnsOf("large", false)).toBe("repeat(auto-fill, minmax(min(100%, 760px), 1fr))");
  expect(columnsOf("small", true)).toBe("repeat(auto-fit, minmax(min(100%, 290px), 1fr))");
});
