/** Brings the reader to a field of a form. */

import { type RefObject, useEffect, useRef } from "react";

/** Between the names of an id: none of them has it, so that `net` does not lead to `net_x`. */
export const ID_SEPARATOR = ".";
const INPUTS = "input:not([type=hidden]), textarea, select, button";
const CARDS = ".card, [role=dialog]";

/** Focus a field by its path: itself, the first input within, or what the form has on the way to it. */
export function focusField(form: string, path: string[]): void {
  show(fieldOf(form, path));
}

/** Focus a field that was refused, unless the reader has gone on to another card meanwhile. */
export function focusRefused(field: HTMLElement | undefined): void {
  const [now, card] = [document.activeElement, field?.closest(CARDS)];
  if (!now || now === document.body || !card || card.contains(now)) show(field);
}

/** For a form of one field: the field gets the focus when its value is refused. */
export function useFocusOnRefusal<T extends HTMLElement>(refused: string | undefined): RefObject<T | null> {
  const ref = useRef<T>(null);
  useEffect(() => {
    const place = ref.current;
    if (refused === undefined || !place) return;
    focusRefused(place.matches(INPUTS) ? place : (place.querySelector<HTMLElement>(INPUTS) ?? undefined));
  }, [refused]);
  return ref;
}

/** For a form of several fields: the first that an error is about gets the focus, once for each error. */
export function useFirstRefused(form: string, error: Error, path: string[] | undefined): void {
  const now = useRef(path);
  now.current = path;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each error, not as its form is changed
  useEffect(() => {
    if (now.current) focusRefused(fieldOf(form, now.current));
  }, [form, error]);
}

function fieldOf(form: string, path: string[]): HTMLElement | undefined {
  for (let depth = path.length; depth >= 0; depth--) {
    const id = CSS.escape([form, ...path.slice(0, depth)].join(ID_SEPARATOR));
    const within = ["", " *"].flatMap((what) =>
      [`[id="${id}"]`, `[id^="${id}${ID_SEPARATOR}"]`, `[id^="${id}__"]`].map((place) => place + what),
    );
    const named = document.querySelectorAll<HTMLElement>(within.join(", "));
    const found = [...named].find((element) => element.matches(INPUTS));
    if (found) return found;
  }
  return undefined;
}

function show(field: HTMLElement | undefined): void {
  field?.scrollIntoView({ block: "center" });
  field?.focus({ preventScroll: true });
}
