/** What the server refuses, beside the fields of a form that it is about. */

import { fits, isObject, JSON_FIELD, lookUp, type Schema } from "./schema";

export interface FieldError {
  loc: (string | number)[];
  message: string;
}

/** An error at the field that shows it: the innermost one on its way that the form has. */
export interface PlacedError {
  /** Names and indices from the form to its field. */
  path: string[];
  /** What the field is called. */
  label: string;
  /** What is wrong, with the way from the field to the place, where the form has no field for that. */
  message: string;
}

export interface ErrorTree {
  __errors?: string[];
  [name: string]: ErrorTree | string[] | undefined;
}

/** Find the field of each error; `skip` names, in order, what the server's own path may begin with. */
export function placedErrors(
  errors: FieldError[],
  form: Schema,
  data: unknown,
  skip: string[] = [],
): PlacedError[] {
  return errors.map(({ loc, message }) => {
    const parts = loc.map(String);
    for (const name of skip) if (parts[0] === name) parts.shift();
    return placed(parts, message, form, data);
  });
}

/** Errors as the form library wants them. */
export function errorTree(errors: PlacedError[]): ErrorTree {
  const tree: ErrorTree = {};
  for (const { path, message } of errors) {
    let node = tree;
    for (const name of path) {
      const next = Object.hasOwn(node, name) ? (node[name] as ErrorTree) : {}; // a field may be called `constructor`
      node[name] = next;
      node = next;
    }
    node.__errors = [...(node.__errors ?? []), message];
  }
  return tree;
}

/** Errors as one text, for a field that has no fields within: each with its way. */
export function errorText(errors: FieldError[], skip: string[] = []): string {
  return placedErrors(errors, { $id: JSON_FIELD }, undefined, skip)
    .map(({ message }) => message)
    .join("; ");
}

function placed(parts: string[], message: string, form: Schema, data: unknown): PlacedError {
  const path: string[] = [];
  const titles: string[] = [];
  const rest = [...parts];
  let node = form;
  let value = data;
  while (rest.length && node.$id !== JSON_FIELD) {
    const name = rest[0] as string;
    const choices = choicesOf(node, form);
    const child = childOf(choices, name, value, form);
    if (!child && choices.length < 2) break;
    rest.shift();
    if (!child) continue; // the name of a choice, or of what checks it
    value = isObject(value) ? value[name] : Array.isArray(value) ? value[Number(name)] : undefined;
    node = child;
    path.push(name);
    titles.push(titleOf(child, name));
  }
  const way = rest.join(".");
  return { path, label: titles.join(" / "), message: way ? `${way}: ${message}` : message };
}

/** What a node may be: itself, what it refers to, each of its choices. */
function choicesOf(node: Schema, root: Schema): Schema[] {
  if (typeof node.$ref === "string") {
    const found = lookUp(node.$ref, root);
    return isObject(found) ? choicesOf(found, root) : [];
  }
  const parts = [node.anyOf, node.oneOf, node.allOf].filter(Array.isArray).flat().filter(isObject);
  return parts.length ? parts.flatMap((part) => choicesOf(part, root)) : [node];
}

/** The field of a name or an index: that of the choice that the value is, else of any. */
function childOf(choices: Schema[], name: string, value: unknown, root: Schema): Schema | undefined {
  const found = choices.flatMap((choice) => {
    const child = fieldOf(choice, name);
    return child ? [{ choice, child }] : [];
  });
  return (found.find(({ choice }) => fits(choice, value, root)) ?? found[0])?.child;
}

function fieldOf(node: Schema, name: string): Schema | undefined {
  const properties = isObject(node.properties) ? node.properties : {};
  if (Object.hasOwn(properties, name)) return isObject(properties[name]) ? properties[name] : {};
  if (node.type !== "array" || !/^\d+$/.test(name)) return undefined;
  const items = Array.isArray(node.items) ? (node.items[Number(name)] ?? node.additionalItems) : node.items;
  return isObject(items) ? items : undefined;
}

function titleOf(node: Schema, name: string): string {
  if (/^\d+$/.test(name)) return `#${Number(name) + 1}`;
  return typeof node.title === "string" ? node.title : name;
}
