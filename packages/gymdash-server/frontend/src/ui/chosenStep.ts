/** The step that somebody has pointed out, in all plots and renderers. */

import { useSyncExternalStore } from "react";

let current: number | null = null;
const listeners = new Set<() => void>();

export function chooseStep(step: number | null): void {
  if (step === current) return;
  current = step;
  for (const listener of listeners) listener();
}

export function useChosenStep(): number | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
