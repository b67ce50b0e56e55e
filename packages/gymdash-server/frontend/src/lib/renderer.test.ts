// @vitest-environment jsdom
import { expect, test, vi } from "vitest";
import { define, guarded, reasonOf, renderedPoints, rendererFor, stepOf } from "./renderer";

class Drawing extends HTMLElement {}
const module = (renderers: unknown, apiVersion: unknown = 1) => ({ default: { apiVersion, renderers } });

test("a sound module has a renderer", () => {
  const found = rendererFor(module({ paths: { tag: "zoo-paths", element: Drawing } }), "paths");
  expect(found).toEqual({ tag: "zoo-paths", element: Drawing });
});

test.each([
  ["no default export", {}, "no default export"],
  ["another contract", module({}, 2), "version 2 of the renderers' contract"],
  ["no version", { default: { renderers: {} } }, "version undefined"],
  ["no renderers", module(null), "no object `renderers`"],
  ["no entry", module({ other: {} }), "no entry for the kind paths"],
  ["no tag", module({ paths: { element: Drawing } }), "undefined is no name of a custom element"],
  ["a tag without hyphen", module({ paths: { tag: "paths", element: Drawing } }), '"paths" is no name'],
  ["a tag in capitals", module({ paths: { tag: "Zoo-Paths", element: Drawing } }), '"Zoo-Paths" is no name'],
  ["a tag of HTML", module({ paths: { tag: "font-face", element: Drawing } }), '"font-face" is no name'],
  ["no element", module({ paths: { tag: "zoo-a" } }), "no class derived from HTMLElement"],
  ["a function", module({ paths: { tag: "zoo-a", element: () => 1 } }), "no class derived from HTMLElement"],
])("a module with %s is refused with the reason", (_, given, reason) => {
  expect(() => rendererFor(given, "paths")).toThrow(reason);
});

test("an element is defined once, and a name that is taken is refused", () => {
  class Other extends HTMLElement {}
  define({ tag: "zoo-once", element: Drawing });
  define({ tag: "zoo-once", element: Drawing });
  expect(() => define({ tag: "zoo-once", element: Other })).toThrow(
    "has defined the element zoo-once already",
  );
});

test("what a callback of an element throws is thrown, and reaches nobody else", () => {
  class Throwing extends HTMLElement {
    connectedCallback() {
      throw new TypeError("meant to break");
    }
  }
  define({ tag: "zoo-throwing", element: Throwing });
  const heard = vi.fn();
  window.addEventListener("error", heard);
  expect(() => guarded(() => document.body.append(new Throwing()))).toThrow("meant to break");
  window.removeEventListener("error", heard);
  expect(heard).not.toHaveBeenCalled();
  expect(() =>
    guarded(() => {
      throw new Error("at once");
    }),
  ).toThrow("at once");
  guarded(() => {});
});

test("points are objects, those of media with their file", () => {
  const file = { url: "/api/v1/x", media_type: "image/png", size: 3 };
  const columns = { step: [1, 2], wall: [5, 6], attempt: [1, 1], value: [{ x: 1 }, file] };
  expect(renderedPoints(columns)).toEqual([
    { step: 1, wall_time: 5, attempt: 1, value: { x: 1 } },
    { step: 2, wall_time: 6, attempt: 1, ...file },
  ]);
});

test("a step is a finite number", () => {
  expect(stepOf(new CustomEvent("gymdash-step", { detail: { step: 4 } }))).toBe(4);
  expect(stepOf(new CustomEvent("gymdash-step", { detail: { step: "4" } }))).toBeNull();
  expect(stepOf(new CustomEvent("gymdash-step", { detail: { step: Number.NaN } }))).toBeNull();
  expect(stepOf(new CustomEvent("gymdash-step"))).toBeNull();
  expect(stepOf(new Event("gymdash-step"))).toBeNull();
});

test("anything that is thrown has a reason", () => {
  expect(reasonOf(new Error("this"))).toBe("this");
  expect(reasonOf(new TypeError("that"))).toBe("TypeError: that");
  expect(reasonOf("text")).toBe("text");
});
