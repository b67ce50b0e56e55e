/** Brings the reader to a field of a form. */

/** Between the names of an id: none of them has it, so that `net` does not lead to `net_x`. */
export const ID_SEPARATOR = ".";
const INPUTS = "input:not([type=hidden]), textarea, select, button";

/** Focus a field by its path: itself, the first input within, or what the form has on the way to it. */
export function focusField(form: string, path: string[]): void {
  for (let depth = path.length; depth >= 0; depth--) {
    const id = CSS.escape([form, ...path.slice(0, depth)].join(ID_SEPARATOR));
    const within = ["", " *"].flatMap((what) =>
      [`[id="${id}"]`, `[id^="${id}${ID_SEPARATOR}"]`, `[id^="${id}__"]`].map((place) => place + what),
    );
    const named = document.querySelectorAll<HTMLElement>(within.join(", "));
    const found = [...named].find((element) => element.matches(INPUTS));
    if (!found) continue;
    found.scrollIntoView({ block: "center" });
    found.focus({ preventScroll: true });
    return;
  }
}
