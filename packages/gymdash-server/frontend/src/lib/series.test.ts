import { expect, test } from "vitest";
import { asNumber, fromAnswer, merge, tailFrom, withTail } from "./series";

const part = (from: number, to: number, series = "s") => ({
  series,
  from,
  to,
  step: Array.from({ length: to - from }, (_, i) => from + i),
  wall_time: Array.from({ length: to - from }, () => 1),
  attempt: Array.from({ length: to - from }, () => 1),
  value: Array.from({ length: to - from }, (_, i) => (from + i) * 10),
});

test("an event that follows is appended", () => {
  const merged = merge(fromAnswer({ ...part(0, 3), cursor: "c" }), part(3, 5));
  expect(merged.kind).toBe("grown");
  if (merged.kind === "grown") expect(merged.series.step).toEqual([0, 1, 2, 3, 4]);
});

test("an event that overlaps adds what is new, and one that is known adds nothing", () => {
  const series = fromAnswer(part(0, 3));
  const overlapping = merge(series, part(1, 5));
  if (overlapping.kind !== "grown") throw new Error("not grown");
  expect(overlapping.series.value).toEqual([0, 10, 20, 30, 40]);
  expect(overlapping.series.total).toBe(5);
  expect(merge(series, part(0, 2)).kind).toBe("same");
});

test("an event that leaves points out is a gap, one of another series is another", () => {
  const series = fromAnswer(part(0, 3));
  expect(merge(series, part(4, 5)).kind).toBe("gap");
  expect(merge(series, part(3, 5, "t")).kind).toBe("other");
});

test("a thinned snapshot grows behind its last ordinal", () => {
  const thin = fromAnswer({ ...part(0, 2), to: 1000, total: 1000 });
  const merged = merge(thin, part(1000, 1002));
  if (merged.kind !== "grown") throw new Error("not grown");
  expect(merged.series.total).toBe(1002);
  expect(tailFrom(merged.series, 1001).step).toEqual([1001]);
});

test("a window shows what came since within its steps", () => {
  const live = merge(fromAnswer(part(0, 3)), part(3, 8));
  if (live.kind !== "grown") throw new Error("not grown");
  expect(withTail(fromAnswer(part(1, 3)), live.series, 1, 5).step).toEqual([1, 2, 3, 4, 5]);
});

test("numbers that JSON has not come by name", () => {
  expect(asNumber("Infinity")).toBe(Number.POSITIVE_INFINITY);
  expect(asNumber("NaN")).toBeNaN();
  expect(asNumber(2)).toBe(2);
});

test("media points keep their file", () => {
  const media = fromAnswer({
    series: "m",
    from: 0,
    to: 1,
    points: [{ step: 7, wall_time: 1, attempt: 1, url: "/u", media_type: "image/png", size: 3 }],
  });
  expect(media.step).toEqual([7]);
  expect(media.value[0]).toEqual({ url: "/u", media_type: "image/png", size: 3 });
});
