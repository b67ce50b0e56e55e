/** Keys of the list of runs: one of its items takes part in the order of the page, arrows lead to the others. */

import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";
import { placeOfKey } from "@/lib/listKeys";

interface List {
  order: string[];
  /** Which item is reached first. */
  first: string | undefined;
  scroller: RefObject<HTMLElement | null>;
  itemPx: number;
  scrollTo: (place: number) => void;
  /** A key without Shift: go there. */
  move: (to: string) => void;
  /** With it: select up to there. */
  extend: (from: string, to: string) => void;
}

export function useListKeys({ order, first, scroller, itemPx, scrollTo, move, extend }: List) {
  const [reached, setReached] = useState<string>();
  const goesThere = useRef(false);
  const current = [reached, first].find((id) => id !== undefined && order.includes(id)) ?? order[0];
  useEffect(() => {
    if (!goesThere.current || current === undefined) return;
    const item = scroller.current?.querySelector<HTMLElement>(`[data-run="${CSS.escape(current)}"]`);
    if (!item) return; // it is drawn when the list has got there
    goesThere.current = false;
    item.focus();
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (current === undefined) return;
    const page = Math.floor((scroller.current?.clientHeight ?? 0) / itemPx);
    const place = placeOfKey(event.key, order.indexOf(current), order.length, page);
    const next = place === null ? undefined : order[place];
    if (place === null || next === undefined) return;
    event.preventDefault();
    if (event.shiftKey) extend(current, next);
    else move(next);
    goesThere.current = true;
    setReached(next);
    scrollTo(place);
  };
  return { current, onKeyDown, onReached: setReached };
}
