/** JSON Schema as pydantic writes it, made fit for the form library, and data as the server wants it back. */

export type Schema = Record<string, unknown>;

/** `$id` of what is typed as JSON: the form has a field of this name. */
export const JSON_FIELD = "gymdash-json";
/** `$id` of what is fixed and only shown. */
export const CONST_FIELD = "gymdash-const";
const LITERAL = new Set(["default", "const", "enum", "examples", "required"]);

export function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Rewrite optional values, tuples, discriminators and free-form values. */
export function forForm(schema: unknown): Schema {
  const found = rewrite(schema);
  return isObject(found) ? found : {};
}

function rewrite(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(rewrite);
  if (!isObject(node)) return node;
  const out: Schema = {};
  for (const [name, value] of Object.entries(node)) {
    if (LITERAL.has(name)) out[name] = value;
    else if (name === "properties" && isObject(value)) out[name] = titled(each(value));
    else if (["$defs", "patternProperties"].includes(name) && isObject(value)) out[name] = each(value);
    else out[name] = rewrite(value);
  }
  return rewriteChoice(rewriteTuple(rewriteFree(rewriteText(out))));
}

/** Members that are models are called by their own names, not by those of their classes. */
function titled(properties: Schema): Schema {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const isNamed = !isObject(schema) || "title" in schema || typeof schema.$ref !== "string";
      return [name, isNamed ? schema : { ...schema, title: titleOf(name) }];
    }),
  );
}

function titleOf(name: string): string {
  return name
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");
}

/** What the docstring of a class says of its fields (Google's style) is beside them: it is not told above them again. */
function rewriteText(node: Schema): Schema {
  if (typeof node.description !== "string" || !isObject(node.properties)) return node;
  const [description] = node.description.split(/(?:^|\n)\s*(?:Attributes|Args):[^\S\n]*\n/, 1);
  return { ...node, description };
}

function each(schemas: Schema): Schema {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const found = rewrite(schema);
      return [name, isObject(found) && Object.keys(found).length ? found : { $id: JSON_FIELD }];
    }),
  );
}

function rewriteTuple(node: Schema): Schema {
  if (!Array.isArray(node.prefixItems)) return node;
  const { prefixItems, items, ...rest } = node;
  return { ...rest, items: prefixItems, additionalItems: items ?? false };
}

/** What may hold anything is typed as JSON; what is one value is shown. */
function rewriteFree(node: Schema): Schema {
  if ("const" in node) return { ...node, $id: CONST_FIELD, default: node.const };
  const says = [
    "type",
    "$ref",
    "anyOf",
    "oneOf",
    "allOf",
    "enum",
    "properties",
    "$defs",
    "items",
    "prefixItems",
  ];
  const isOpen = !says.some((name) => name in node) && Object.keys(node).length > 0;
  const isDict = node.type === "object" && !node.properties && node.additionalProperties !== false;
  const isList = node.type === "array" && isFree(node.items) && !node.prefixItems;
  return isOpen || isDict || isList ? { ...node, $id: JSON_FIELD } : node;
}

function isFree(items: unknown): boolean {
  return (
    items === undefined ||
    items === true ||
    (isObject(items) && (!Object.keys(items).length || items.$id === JSON_FIELD))
  );
}

function rewriteChoice(node: Schema): Schema {
  const { anyOf, ...rest } = node;
  if (!Array.isArray(anyOf)) return node;
  const [other] = anyOf.filter((item) => isObject(item) && item.type !== "null");
  const isOptional = anyOf.length === 2 && anyOf.some((item) => isObject(item) && item.type === "null");
  if (!isOptional || !isObject(other)) return { ...rest, anyOf: anyOf.map(named) };
  const isPlain = typeof other.type === "string" && other.type !== "object" && other.type !== "array";
  if (isPlain) return { ...other, ...rest, type: [other.type, "null"] };
  if (other.$id === JSON_FIELD || other.type === "array") return { ...other, ...rest, $id: JSON_FIELD };
  const title = typeof other.$ref === "string" ? other.$ref.split("/").pop() : (other.title ?? "set");
  const shown = other.$ref ? { title, allOf: [other] } : { ...other, title };
  return { ...rest, anyOf: [{ type: "null", title: "none" }, shown] };
}

/** A choice without a title is called after its type: the form library would number it. */
function named(choice: unknown): unknown {
  const isNameless = isObject(choice) && typeof choice.type === "string" && !choice.title;
  return isNameless ? { title: choice.type, ...choice } : choice;
}

/** Whether data looks like a schema: enough to tell which choice of several a value is. The server validates. */
export function fits(schema: unknown, data: unknown, root: Schema): boolean {
  if (schema === true || !isObject(schema)) return schema !== false;
  if (typeof schema.$ref === "string") return fits(lookUp(schema.$ref, root), data, root);
  if ("const" in schema) return data === undefined || same(data, schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.some((item) => same(item, data));
  const all = Array.isArray(schema.allOf) ? schema.allOf : [];
  if (!all.every((part) => fits(part, data, root))) return false;
  const any = [schema.anyOf, schema.oneOf].find(Array.isArray);
  if (any && !any.some((part: unknown) => fits(part, data, root))) return false;
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length && !types.some((type) => hasType(data, String(type)))) return false;
  if (!isObject(data)) return true;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const properties = isObject(schema.properties) ? schema.properties : {};
  return (
    required.every((name) => String(name) in data) &&
    Object.entries(data).every(
      ([name, value]) => !(name in properties) || fits(properties[name], value, root),
    )
  );
}

export function lookUp(ref: string, root: Schema): unknown {
  const path = ref.replace(/^#\/?/, "").split("/").filter(Boolean);
  return path.reduce<unknown>(
    (node, name) => (isObject(node) ? node[decodeURIComponent(name)] : undefined),
    root,
  );
}

function hasType(data: unknown, type: string): boolean {
  if (type === "null") return data === null;
  if (type === "array") return Array.isArray(data);
  if (type === "object") return isObject(data);
  if (type === "integer") return Number.isInteger(data);
  return typeof data === type;
}

export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, at) => same(item, b[at]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => same(a[name], b[name]));
}

/** What was asked for: arguments that differ from their defaults. */
export function asked(schema: Schema, data: Record<string, unknown>): Record<string, unknown> {
  const properties = isObject(schema.properties) ? schema.properties : {};
  return Object.fromEntries(
    Object.entries(data).filter(([name, value]) => {
      if (value === undefined) return false;
      const property = properties[name];
      return !isObject(property) || !("default" in property) || !same(property.default, value);
    }),
  );
}

/** A first answer: `true` where anything will do, else nothing. */
export function firstAnswer(schema: Schema): Record<string, unknown> {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const free = required.filter((name) => isObject(properties[name]) && isAnything(properties[name]));
  return Object.fromEntries(free.map((name) => [name, true]));
}

function isAnything(schema: Schema): boolean {
  return !["type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const", "default"].some(
    (name) => name in schema,
  );
}
