/** An element of a plugin: made, given what it draws, and taken away where it throws. */

import { useEffect, useRef } from "react";
import { guarded, type RenderedPoint, type Renderer, reasonOf, stepOf } from "@/lib/renderer";

export interface RendererContext {
  theme: "light" | "dark";
  api: { points: (run: string, key: string, options?: Record<string, unknown>) => Promise<unknown> };
}

export interface RendererData {
  key: string;
  step: number | null;
  series: { run: { id: string; name: string; color: string }; points: RenderedPoint[] }[];
}

interface Props {
  renderer: Renderer;
  ctx: RendererContext;
  data: RendererData;
  onStep: (step: number) => void;
  onBroken: (reason: string) => void;
}

type PluginHtml = HTMLElement & { ctx: RendererContext; data: RendererData };

export function PluginElement(props: Props) {
  const { renderer, ctx, data } = props;
  const host = useRef<HTMLDivElement>(null);
  const element = useRef<PluginHtml | null>(null);
  const given = useRef<RendererContext | null>(null);
  const now = useRef(props);
  now.current = props;

  useEffect(() => {
    const place = host.current;
    const hear = (event: Event) => {
      const step = stepOf(event);
      if (step !== null) now.current.onStep(step);
    };
    let made: PluginHtml | null = null;
    const isMade = fenced(now.current, () => {
      made = new renderer.element() as PluginHtml;
      made.addEventListener("gymdash-step", hear);
      made.ctx = now.current.ctx;
      place?.append(made);
    });
    given.current = now.current.ctx;
    element.current = isMade ? made : null;
    return () => {
      element.current = null;
      fenced(null, () => place?.replaceChildren());
    };
  }, [renderer]);

  useEffect(() => {
    const made = element.current;
    if (!made || given.current === ctx) return;
    given.current = ctx;
    fenced(now.current, () => assign(made, "ctx", ctx));
  }, [ctx]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: an element that was made anew is given its data again
  useEffect(() => {
    const made = element.current;
    if (made) fenced(now.current, () => assign(made, "data", data));
  }, [data, renderer]);

  return <div ref={host} className="plugin-element" />;
}

function assign<K extends "ctx" | "data">(element: PluginHtml, name: K, value: PluginHtml[K]): void {
  element[name] = value;
}

/** What a renderer throws ends it alone; returns whether it threw nothing. */
function fenced(props: Props | null, action: () => void): boolean {
  try {
    guarded(action);
    return true;
  } catch (error) {
    props?.onBroken(reasonOf(error));
    return false;
  }
}
