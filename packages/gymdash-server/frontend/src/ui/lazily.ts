/** Components in chunks of their own, loaded when they are first shown. */

import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import { api } from "@/api/client";
import { retry } from "@/lib/retry";

/** React keeps a failed loading for ever, and a chunk may be wanted while the server is away: it is tried again. */
export function lazily<P extends object>(
  load: () => Promise<{ default: ComponentType<P> }>,
): LazyExoticComponent<ComponentType<P>> {
  return lazy(() => retry(load, isAway));
}

/** Whether the server does not answer, whatever it would say. */
const isAway = () =>
  api.GET("/api/v1/health").then(
    () => false,
    () => true,
  );
