/** Brings the reader to a field of a form. */

const INPUTS = "input:not([type=hidden]), textarea, select, button";

/** Focus a field by its path: itself, the first input within, or what the form has on the way to it. */
export function focusField(form: string, path: string[]): void {
  for (let depth = path.length; depth >= 0; depth--) {
    const id = [form, ...path.slice(0, depth)].join("_");
    const named = document.getElementById(id) ?? document.querySelector(`[id^="${CSS.escape(id)}_"]`);
    const found = named?.matches(INPUTS) ? named : named?.querySelector(INPUTS);
    if (!(found instanceof HTMLElement)) continue;
    found.scrollIntoView({ block: "center" });
    found.focus({ preventScroll: true });
    return;
  }
}
