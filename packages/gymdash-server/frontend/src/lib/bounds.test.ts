import { expect, test } from "vitest";
import { boundsOf, boundsText } from "./bounds";

test("bounds come from the schema, also of an optional value", () => {
  const bounds = boundsOf({ anyOf: [{ type: "number", exclusiveMinimum: 0, maximum: 1 }, { type: "null" }] });
  expect(bounds).toMatchObject({ kind: "number", min: 0, max: 1 });
  expect(boundsText(bounds)).toBe("from 0 to 1");
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
