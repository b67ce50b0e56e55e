/** What a plugin's module has to be, so that the page lets it draw. */

export const API_VERSION = 1;

export interface Renderer {
  tag: string;
  element: CustomElementConstructor;
}

/** Names that HTML has taken although they look like those of custom elements. */
const TAKEN = new Set([
  "annotation-xml",
  "color-profile",
  "font-face",
  "font-face-format",
  "font-face-name",
  "font-face-src",
  "font-face-uri",
  "missing-glyph",
]);
const TAG = /^[a-z][a-z0-9._]*-[a-z0-9._-]*$/;

/** The renderers of a module by kind; throws what is wrong with it, in words. */
export function renderersOf(module: unknown): Record<string, unknown> {
  const found = isRecord(module) ? module.default : undefined;
  if (!isRecord(found)) throw new Error("The module has no default export; export {apiVersion, renderers}.");
  if (found.apiVersion !== API_VERSION) {
    throw new Error(
      `It is made for version ${String(found.apiVersion)} of the renderers' contract; this page has version ${API_VERSION}.`,
    );
  }
  if (!isRecord(found.renderers)) throw new Error("Its default export has no object `renderers`.");
  return found.renderers;
}

/** The renderer of one kind; throws what is wrong with it. */
export function rendererFor(module: unknown, kind: string): Renderer {
  const found = renderersOf(module)[kind];
  if (!isRecord(found)) throw new Error(`Its \`renderers\` has no entry for the kind ${kind}.`);
  const { tag, element } = found;
  if (typeof tag !== "string" || !TAG.test(tag) || TAKEN.has(tag)) {
    throw new Error(
      `${JSON.stringify(tag)} is no name of a custom element: lower case, with a hyphen, such as "my-${kind}".`,
    );
  }
  if (typeof element !== "function" || !isElement(element.prototype)) {
    throw new Error(`The element of ${tag} is no class derived from HTMLElement.`);
  }
  return { tag, element: element as CustomElementConstructor };
}

/** Define a renderer's element; the same one again is fine, another one of that name is not. */
export function define({ tag, element }: Renderer): void {
  const known = customElements.get(tag);
  if (known === element) return;
  if (known) throw new Error(`Another renderer has defined the element ${tag} already.`);
  customElements.define(tag, element);
}

function isElement(prototype: unknown): boolean {
  return typeof HTMLElement !== "undefined" && prototype instanceof HTMLElement;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/**
 * Run what calls a renderer's code; throw what that throws.
 *
 * Browsers do not throw what the callbacks of an element throw: they report it to the window.
 */
export function guarded(action: () => void): void {
  let reported: unknown;
  let failed = false;
  const hear = (event: ErrorEvent) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    reported ??= event.error ?? new Error(event.message);
    failed = true;
  };
  window.addEventListener("error", hear, true);
  try {
    action();
  } finally {
    window.removeEventListener("error", hear, true);
  }
  if (failed) throw reported;
}

export interface PointColumns {
  step: number[];
  wall: number[];
  attempt: number[];
  value: unknown[];
}

export interface RenderedPoint {
  step: number;
  wall_time: number;
  attempt: number;
  value?: unknown;
}

/** Points as renderers get them; those of media have `url`, `media_type` and `size` in place of `value`. */
export function renderedPoints({ step, wall, attempt, value }: PointColumns): RenderedPoint[] {
  return step.map((at, place) => {
    const found = value[place];
    const head = { step: at, wall_time: wall[place] as number, attempt: attempt[place] as number };
    return isMedia(found) ? { ...head, ...found } : { ...head, value: found };
  });
}

function isMedia(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && "media_type" in value && "url" in value && "size" in value;
}

/** The step that an element tells; null where it tells none. */
export function stepOf(event: Event): number | null {
  const detail: unknown = event instanceof CustomEvent ? event.detail : undefined;
  const step = isRecord(detail) ? detail.step : undefined;
  return typeof step === "number" && Number.isFinite(step) ? step : null;
}

/** What was thrown, in words: anything can be. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error) return `${error.name === "Error" ? "" : `${error.name}: `}${error.message}`;
  return String(error);
}
