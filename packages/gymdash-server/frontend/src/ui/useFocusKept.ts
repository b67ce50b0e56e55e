/** Where what has the focus goes, such as a button that is no longer offered, the focus stays in what it was part of. */

import { type RefObject, useEffect, useRef } from "react";

/** Of an element that can be focused, `tabIndex={-1}`. */
export function useFocusKept<T extends HTMLElement>(): RefObject<T | null> {
  const ref = useRef<T>(null);
  useEffect(() => {
    const place = ref.current;
    if (!place) return;
    let last: Node | null = null;
    const note = ({ target }: Event) => {
      last = target instanceof Node && target !== place && place.contains(target) ? target : null;
    };
    const keep = () => {
      if (!last || place.contains(last)) return;
      last = null;
      if (document.activeElement === document.body) place.focus({ preventScroll: true });
    };
    const changes = new MutationObserver(keep);
    changes.observe(place, { childList: true, subtree: true });
    for (const event of ["focusin", "pointerdown"]) document.addEventListener(event, note);
    return () => {
      changes.disconnect();
      for (const event of ["focusin", "pointerdown"]) document.removeEventListener(event, note);
    };
  }, []);
  return ref;
}
