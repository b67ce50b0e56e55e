/** The run that is highlighted in all plots. */

import { useSyncExternalStore } from "react";

let current: string | null = null;
const listeners = new Set<() => void>();

export function highlight(run: string | null): void {
  if (run === current) return;
  current = run;
  for (const listener of listeners) listener();
}

export function useHighlight(): string | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
