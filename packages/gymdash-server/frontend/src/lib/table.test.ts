import { expect, test } from "vitest";
import {
  argumentsOf,
  columnPx,
  differences,
  kwargColumns,
  nameIn,
  type Row,
  shownColumns,
  sorted,
  text,
  valueColumn,
} from "./table";

const row = (id: string, kwargs: Record<string, unknown>, more: Partial<Row> = {}): Row => ({
  id,
  name: id,
  key: "k",
  state: "running",
  created: id,
  started: null,
  ended: null,
  ran_s: 0,
  attempt: 1,
  kwargs,
  tags: [],
  ...more,
});
const ids = (rows: Row[]) => rows.map((r) => r.id).join("");

test("numbers sort by size, and what is missing comes last either way", () => {
  const rows = [row("a", { lr: 10 }), row("b", {}), row("c", { lr: 9 })];
  expect(ids(sorted(rows, { column: "kwargs.lr", descending: false }, 0))).toBe("cab");
  expect(ids(sorted(rows, { column: "kwargs.lr", descending: true }, 0))).toBe("acb");
});

test("a run that goes on is as long as until now", () => {
  const rows = [
    row("a", {}, { started: "1970-01-01T00:00:00Z", ended: "1970-01-01T00:00:05Z" }),
    row("b", {}, { started: "1970-01-01T00:00:00Z" }),
  ];
  expect(ids(sorted(rows, { column: "duration", descending: true }, 9000))).toBe("ba");
});

test("arguments that are set most often have columns", () => {
  expect(kwargColumns([row("a", { lr: 1 }), row("b", { lr: 2, n: 1 }), row("c", {})], 1)).toEqual([
    "kwargs.lr",
  ]);
});

test("chosen arguments stand for those that are set most often", () => {
  const rows = [row("a", { lr: 1, n: 1 })];
  expect(shownColumns(rows, ["values.loss"], 1)).toEqual(["kwargs.lr", "values.loss"]);
  expect(shownColumns(rows, ["values.loss", "kwargs.n"], 1)).toEqual(["kwargs.n", "values.loss"]);
});

test("what differs comes first", () => {
  const found = differences([{ kwargs: { lr: 1, n: [1] } }, { kwargs: { lr: 2, n: [1] } }]);
  expect(found.map(({ name, differs }) => [name, differs])).toEqual([
    ["lr", true],
    ["n", false],
  ]);
  expect(text({ a: 1 })).toBe('{"a":1}');
});

test("last values sort as numbers, and what is none comes last", () => {
  const rows = ["a", "b", "c", "d", "e"].map((id) => row(id, {}));
  const values = new Map<string, Record<string, unknown>>([
    ["a", { loss: 10 }],
    ["b", { loss: 9 }],
    ["c", { loss: "NaN" }],
    ["d", { loss: "Infinity" }],
  ]);
  const sort = { column: valueColumn("loss"), descending: false };
  expect(ids(sorted(rows, sort, 0, values))).toBe("badce");
  expect(ids(sorted(rows, { ...sort, descending: true }, 0, values))).toBe("dabce");
  expect(nameIn(valueColumn("train/a.b"))).toBe("train/a.b");
});

test("an argument that was given as its default does not differ from one that was not given", () => {
  const defaults = { env: "CartPole" };
  expect(
    differences([
      { kwargs: defaults, defaults },
      { kwargs: {}, defaults },
    ]),
  ).toEqual([
    {
      name: "env",
      values: [
        { value: "CartPole", isDefault: false },
        { value: "CartPole", isDefault: true },
      ],
      differs: false,
    },
  ]);
});

test("a default is that of the run's own type, and unknown where the type is", () => {
  const [lr] = differences([
    { kwargs: {}, defaults: { lr: 1 } },
    { kwargs: {}, defaults: { lr: 2 } },
    { kwargs: {} },
  ]);
  expect(lr?.values.map(({ value }) => value)).toEqual([1, 2, undefined]);
  expect(lr?.values.every(({ isDefault }) => isDefault)).toBe(true);
  expect(differences([{ kwargs: { constructor: 1 } }, { kwargs: {} }])[0]?.values[1]?.value).toBeUndefined();
});

test("a column shows its head and its values, within bounds", () => {
  expect(columnPx("lr", ["0.1"])).toBe(80);
  expect(columnPx("checkpoint_freq", ["1000"])).toBeGreaterThan(15 * 7);
  expect(columnPx("env", ["CartPole-v1", ""])).toBeGreaterThan(80);
  expect(columnPx("text", ["x".repeat(500)])).toBe(190);
});

test("the arguments of a run are those that were given, then the defaults of the others", () => {
  expect(argumentsOf({ lr: 2 }, { a: 1, lr: 1, z: null })).toEqual([
    { name: "lr", given: { value: 2, isDefault: false } },
    { name: "a", given: { value: 1, isDefault: true } },
    { name: "z", given: { value: null, isDefault: true } },
  ]);
  expect(argumentsOf({}, undefined)).toEqual([]);
});
