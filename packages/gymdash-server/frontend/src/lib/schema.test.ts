import { expect, test } from "vitest";
import { asked, CONST_FIELD, firstAnswer, fits, forForm, JSON_FIELD } from "./schema";

const property = (schema: unknown) =>
  (
    forForm({ type: "object", properties: { it: schema } }).properties as Record<
      string,
      Record<string, unknown>
    >
  ).it;

test("an optional number is a number or nothing", () => {
  expect(property({ anyOf: [{ type: "number", minimum: 0 }, { type: "null" }], default: null })).toEqual({
    type: ["number", "null"],
    minimum: 0,
    default: null,
  });
});

test("an optional model is a choice with names", () => {
  expect(property({ anyOf: [{ $ref: "#/$defs/Net" }, { type: "null" }] })).toEqual({
    anyOf: [
      { type: "null", title: "none" },
      { title: "Net", allOf: [{ $ref: "#/$defs/Net" }] },
    ],
  });
});

test("a member that is a model is called by its own name", () => {
  expect(property({ $ref: "#/$defs/Options", default: {} })).toEqual({
    $ref: "#/$defs/Options",
    default: {},
    title: "It",
  });
  expect(property({ $ref: "#/$defs/Options", title: "Given" })?.title).toBe("Given");
});

test.each(["Attributes", "Args"])(
  "what a docstring says of fields under %s is told beside them alone",
  (heading) => {
    const fields = `${heading}:\n    lr: How fast,\n        note: at most \`\`1\`\`.`;
    const properties = {
      lr: { type: "number", description: "How fast, note: at most 1." },
      more: { type: "null" },
    };
    const found = forForm({ description: `How it learns.\n\nSecond.\n\n${fields}`, properties });
    expect(found).toEqual({ description: "How it learns.\n\nSecond.", properties });
    expect(forForm({ description: fields, properties }).description).toBe("");
    expect(forForm({ description: "Args: of all kinds.\nMore.", properties }).description).toContain("More.");
    expect(forForm({ description: fields }).description).toBe(fields);
  },
);

test("choices of plain values are called after their types", () => {
  expect(property({ anyOf: [{ type: "integer" }, { type: "string" }] })?.anyOf).toEqual([
    { type: "integer", title: "integer" },
    { type: "string", title: "string" },
  ]);
});

test("what may hold anything is typed as JSON", () => {
  expect(property({ type: "object", additionalProperties: true })?.$id).toBe(JSON_FIELD);
  expect(property({ title: "Continue", description: "Anything" })?.$id).toBe(JSON_FIELD);
  expect(property({})?.$id).toBe(JSON_FIELD);
  expect(property({ type: "array", items: {} })?.$id).toBe(JSON_FIELD);
  expect(property({ type: "array", items: { type: "number" } })?.$id).toBeUndefined();
});

test("a tuple has its items, a discriminator is shown", () => {
  expect(property({ type: "array", prefixItems: [{ type: "number" }] })).toMatchObject({
    items: [{ type: "number" }],
  });
  expect(property({ const: "sgd", type: "string" })).toMatchObject({ $id: CONST_FIELD, default: "sgd" });
});

test("a property may have any name, also one that schemas use", () => {
  expect(forForm({ type: "object", properties: { default: { type: "number" } } }).properties).toEqual({
    default: { type: "number" },
  });
});

test("the choice that a value is can be told", () => {
  const root = { $defs: { A: { type: "object", properties: { kind: { const: "a" } }, required: ["kind"] } } };
  expect(fits({ $ref: "#/$defs/A" }, { kind: "a" }, root)).toBe(true);
  expect(fits({ $ref: "#/$defs/A" }, { kind: "b" }, root)).toBe(false);
  expect(fits({ type: ["number", "null"] }, null, root)).toBe(true);
  expect(fits({ type: "integer" }, 1.5, root)).toBe(false);
});

test("defaults are not asked for", () => {
  const schema = { properties: { a: { default: [1] }, b: { default: 2 } } };
  expect(asked(schema, { a: [1], b: 3, c: "extra", d: undefined })).toEqual({ b: 3, c: "extra" });
});

test("a required value that may be anything begins as true", () => {
  expect(
    firstAnswer({
      properties: { continue: { title: "Continue" }, n: { type: "number" } },
      required: ["continue", "n"],
    }),
  ).toEqual({
    continue: true,
  });
});
