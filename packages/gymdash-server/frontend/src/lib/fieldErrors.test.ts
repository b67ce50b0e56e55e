import { expect, test } from "vitest";
import { errorText, errorTree, placedErrors } from "./fieldErrors";
import { forForm } from "./schema";

const model = (name: string, properties: object) => ({ [name]: { type: "object", title: name, properties } });
const FORM = forForm({
  type: "object",
  properties: {
    net: { anyOf: [{ $ref: "#/$defs/Net" }, { type: "null" }], title: "Network" },
    optimizer: {
      discriminator: { propertyName: "kind" },
      oneOf: [{ $ref: "#/$defs/Sgd" }, { $ref: "#/$defs/Adam" }],
      title: "Optimizer",
    },
    layers: { type: "array", items: { type: "integer" }, title: "Layers" },
    shape: { type: "array", prefixItems: [{ type: "integer" }, { type: "integer" }], title: "Shape" },
    limits: { type: "object", additionalProperties: { type: "integer" }, title: "Limits" },
    rate: { anyOf: [{ type: "integer" }, { type: "string" }], title: "Rate" },
  },
  $defs: {
    ...model("Net", { width: { type: "integer", title: "Width" } }),
    ...model("Sgd", { kind: { const: "sgd" }, lr: { type: "number", title: "Lr" } }),
    ...model("Adam", { kind: { const: "adam" }, betas: { type: "array", items: { type: "number" } } }),
  },
});

const at = (loc: (string | number)[], data: unknown = {}) =>
  placedErrors([{ loc, message: "is wrong" }], FORM, data, ["body", "kwargs"])[0];

test("an error of a nested model is at its field, the server's own path left out", () => {
  expect(at(["body", "kwargs", "net", "width"], { net: { width: 0 } })).toEqual({
    path: ["net", "width"],
    label: "Network / Width",
    message: "is wrong",
  });
});

test("a field that is called as the server's own path is, is not left out with it", () => {
  const form = forForm({
    type: "object",
    properties: {
      body: { type: "object", properties: { x: { type: "integer" } } },
      kwargs: { type: "integer" },
    },
  });
  const at = (loc: string[]) => placedErrors([{ loc, message: "" }], form, {}, ["body", "kwargs"])[0]?.path;
  expect(at(["body", "kwargs", "body", "x"])).toEqual(["body", "x"]);
  expect(at(["body", "kwargs", "kwargs"])).toEqual(["kwargs"]);
  const asked = placedErrors([{ loc: ["body", "body", "x"], message: "" }], form, {}, ["body"]);
  expect(asked[0]?.path).toEqual(["body", "x"]);
});

test("a field may be called as what every object has", () => {
  const tree = errorTree([{ path: ["constructor", "valueOf"], label: "", message: "is wrong" }]);
  expect(Object.hasOwn(tree, "constructor")).toBe(true);
  expect(tree.constructor).toEqual({ valueOf: { __errors: ["is wrong"] } });
});

test("a field that is missing in the data is found by the schema", () => {
  expect(at(["net", "width"], { net: {} })?.path).toEqual(["net", "width"]);
});

test("the name of a choice is no field", () => {
  const data = { optimizer: { kind: "sgd", lr: 0 }, rate: null };
  expect(at(["optimizer", "sgd", "lr"], data)?.path).toEqual(["optimizer", "lr"]);
  expect(at(["optimizer", "adam", "betas", 1], data)?.path).toEqual(["optimizer", "betas", "1"]);
  expect(at(["rate", "int"], data)?.path).toEqual(["rate"]);
});

test("an item of a list and of a tuple has its own field", () => {
  expect(at(["layers", 0], { layers: ["x"] })).toMatchObject({ path: ["layers", "0"], label: "Layers / #1" });
  expect(at(["shape", 1])?.path).toEqual(["shape", "1"]);
  expect(at(["layers"])?.path).toEqual(["layers"]);
});

test("what is typed as JSON shows where in it something is wrong", () => {
  expect(at(["limits", "a"], { limits: { a: "x" } })).toEqual({
    path: ["limits"],
    label: "Limits",
    message: "a: is wrong",
  });
});

test("an argument without a field is named by the form itself", () => {
  expect(at(["nope"])).toEqual({ path: [], label: "", message: "nope: is wrong" });
});

test("errors become the tree of the form library", () => {
  const errors = placedErrors(
    [
      { loc: ["net", "width"], message: "too small" },
      { loc: ["net", "width"], message: "not even" },
      { loc: ["nope"], message: "unknown" },
    ],
    FORM,
    {},
  );
  expect(errorTree(errors)).toEqual({
    __errors: ["nope: unknown"],
    net: { width: { __errors: ["too small", "not even"] } },
  });
});

test("a field without fields within says all of it", () => {
  const errors = [
    { loc: ["channels", "lr"], message: "too large" },
    { loc: ["channels", "lr", "a", 0], message: "no number" },
  ];
  expect(errorText(errors, ["channels", "lr"])).toBe("too large; a.0: no number");
});
