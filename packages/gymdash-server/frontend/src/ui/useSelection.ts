/** The selected runs: they are in the address, so that a link shows the same. */

import { useCallback, useRef } from "react";
import { useSearchParams } from "wouter";
import { type Click, fromText, rangeOf, select } from "@/lib/selection";

export interface Selection {
  selected: string[];
  set: (ids: string[]) => void;
  /** Take some out of it, whatever was selected meanwhile. */
  drop: (ids: Set<string>) => void;
  click: (order: string[], id: string, click: Click) => void;
  /** Say from where ranges reach. */
  anchorAt: (id: string) => void;
  /** Select from where ranges reach up to there; they reach from `from` where that is nowhere in the list. */
  extend: (order: string[], from: string, to: string) => void;
}

export function useSelection(): Selection {
  const [params, setParams] = useSearchParams();
  const anchor = useRef<string | null>(null);
  const selected = fromText(params.get("runs"));
  const change = useCallback(
    (to: (before: string[]) => string[]) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          const ids = to(fromText(before.get("runs")));
          if (ids.length) after.set("runs", ids.join(","));
          else after.delete("runs");
          return after;
        },
        { replace: true },
      ),
    [setParams],
  );
  const set = useCallback((ids: string[]) => change(() => ids), [change]);
  const drop = useCallback(
    (ids: Set<string>) => change((before) => before.filter((id) => !ids.has(id))),
    [change],
  );
  const click = (order: string[], id: string, how: Click) => {
    set(select(order, selected, anchor.current ?? selected[0] ?? null, id, how));
    if (!how.range) anchor.current = id;
  };
  const anchorAt = (id: string) => {
    anchor.current = id;
  };
  const extend = (order: string[], from: string, to: string) => {
    if (anchor.current === null || !order.includes(anchor.current)) anchorAt(from);
    set(rangeOf(order, anchor.current ?? from, to));
  };
  return { selected, set, drop, click, anchorAt, extend };
}

/** Address of a view that keeps the selection. */
export function useViewLink(): (path: string) => string {
  const [params] = useSearchParams();
  const runs = params.get("runs");
  return (path) => (runs ? `${path}?runs=${encodeURIComponent(runs)}` : path);
}
