import { expect, test } from "vitest";
import type { Aligned } from "./align";
import { whyEmpty } from "./whyEmpty";

const plot = (step: number[], value: unknown[], more = {}) => {
  const data: Aligned = [
    step,
    value.map((one) => (typeof one === "number" && Number.isFinite(one) ? one : null)),
  ];
  return whyEmpty({
    data,
    columns: [{ step, value }],
    total: step.length,
    isLog: false,
    range: null,
    ...more,
  });
};

test("values that are no numbers are told by their first", () => {
  expect(plot([3, 4], ["NaN", "NaN"])).toBe("2 values, none finite: first NaN at step 3");
  expect(plot([0], ["Infinity"])).toBe("1 value, none finite: first ∞ at step 0");
  expect(plot([3], ["NaN"], { total: 1_200_000 })).toMatch(/^1.2 M values/);
});

test("of several runs the earliest value is named", () => {
  const columns = [
    { step: [7], value: ["NaN"] },
    { step: [2], value: ["-Infinity"] },
  ];
  expect(whyEmpty({ data: [[2, 7]], columns, total: 2, isLog: false, range: null })).toBe(
    "2 values, none finite: first −∞ at step 2",
  );
});

test("a logarithmic axis says that it shows none below zero", () => {
  const data: Aligned = [[1], [null]];
  expect(whyEmpty({ data, columns: [{ step: [1], value: [-1] }], total: 1, isLog: true, range: null })).toBe(
    "1 value, none above zero: a logarithmic axis has no place for them",
  );
});

test("a range without points says so, and a plot with something says nothing", () => {
  expect(plot([1, 2], [1, 2], { range: [5, 9] })).toBe("Nothing in this range");
  expect(plot([1, 2], [1, "NaN"])).toBeNull();
  expect(plot([], [])).toBeNull();
});
