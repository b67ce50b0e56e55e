import { expect, test } from "vitest";
import { boundsOf, boundsText, checked, firstDraft, plainBounds, stepOf } from "./bounds";

const rate = boundsOf({ anyOf: [{ type: "number", exclusiveMinimum: 0, maximum: 1 }, { type: "null" }] });
const count = boundsOf({ type: "integer", minimum: 1, maximum: 10 });

test("bounds come from the schema, also of an optional value", () => {
  expect(rate).toMatchObject({ kind: "number", min: 0, max: 1, isAbove: true, isBelow: false });
  expect(boundsText(rate)).toBe("above 0, up to 1");
  expect(boundsText(count)).toBe("from 1 to 10");
  expect(boundsText(boundsOf({ type: "number", exclusiveMaximum: 5 }))).toBe("below 5");
  expect(boundsText(boundsOf({ type: "number" }))).toBe("");
});

test("choices are behind references", () => {
  expect(boundsOf({ $ref: "#/$defs/C", $defs: { C: { enum: ["a", "b"], type: "string" } } })).toMatchObject({
    kind: "choice",
    choices: ["a", "b"],
  });
});

test("what has no type is typed as JSON", () => {
  expect(boundsOf(true).kind).toBe("json");
  expect(boundsOf({ type: "object" }).kind).toBe("json");
});

test("a number that is out of bounds is refused with its bounds", () => {
  expect(checked(0, rate)).toEqual({ refused: "Too small: it takes numbers above 0, up to 1" });
  expect(checked("1.5", rate)).toEqual({ refused: "Too large: it takes numbers above 0, up to 1" });
  expect(checked(1, rate)).toEqual({ value: 1 });
  expect(checked("0.00001", rate)).toEqual({ value: 0.00001 });
  expect(checked(11, count)).toEqual({ refused: "Too large: it takes whole numbers from 1 to 10" });
});

test("what is no number, or no whole one, is refused", () => {
  expect(checked("-", rate)).toEqual({ refused: "Not a number: it takes numbers above 0, up to 1" });
  expect(checked("", rate).refused).toMatch(/^Not a number/);
  expect(checked(1.5, count)).toEqual({ refused: "Not a whole number: it takes whole numbers from 1 to 10" });
});

test("JSON of another shape is refused, and what has none is not", () => {
  expect(checked(3, boundsOf({ type: "array" })).refused).toMatch(/a list/);
  expect(checked([1], boundsOf({ type: "object" })).refused).toMatch(/an object/);
  expect(checked([1], boundsOf({ type: "array" }))).toEqual({ value: [1] });
  expect(checked(3, boundsOf(true))).toEqual({ value: 3 });
  expect(checked(false, boundsOf({ type: "boolean" }))).toEqual({ value: false });
});

test("the arrows of a field change the first digit of a number", () => {
  expect(stepOf(0.005, rate)).toBeCloseTo(0.001);
  expect(stepOf(0, rate)).toBe(0.1);
  expect(stepOf(300, count)).toBe(1);
  expect(stepOf(undefined, rate)).toBe(1);
});

test("what takes one number, text, choice, or a yes or no has a field of its own", () => {
  const kinds = [
    { type: "integer", minimum: 1 },
    { type: "number" },
    { type: "string" },
    { type: "boolean" },
    { enum: ["a", "b"] },
  ].map((schema) => plainBounds(schema));
  expect(kinds.map((bounds) => bounds?.kind)).toEqual(["integer", "number", "text", "boolean", "choice"]);
  expect(kinds.map((bounds) => bounds && firstDraft(bounds))).toEqual([
    undefined,
    undefined,
    "",
    false,
    undefined,
  ]);
  expect(plainBounds({ type: "array", items: { type: "integer" } })).toBeNull();
  expect(plainBounds({ anyOf: [{ type: "integer" }, { type: "null" }] })).toBeNull();
  expect(plainBounds(null)).toBeNull();
});
