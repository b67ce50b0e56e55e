/** The modules of plugins that draw stats: which there are, and how they are loaded. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { define, type Renderer, reasonOf, rendererFor, renderersOf } from "@/lib/renderer";
import type { StatKind } from "./client";
import { useKinds, usePlugins } from "./queries";

export interface Drawn {
  kind: string;
  title: string;
  plugin: string;
  /** Where its module is; null where it cannot be served, for the reason in `error`. */
  url: string | null;
  error: string;
}

/** Kinds that are drawn by a module of a plugin, by name; undefined until that is known. */
export function useDrawnKinds(): Map<string, Drawn> | undefined {
  const { data, isError } = useKinds();
  const modules = usePageModules();
  return useMemo(
    () => (data || isError ? drawnKinds(data ?? [], modules) : undefined),
    [data, isError, modules],
  );
}

/** A kind's own renderer comes first, then those that modules of the page offer for a plugin's kind. */
function drawnKinds(kinds: StatKind[], modules: LoadedModule[]): Map<string, Drawn> {
  const found = new Map<string, Drawn>();
  for (const { name, title, plugin, renderer_module } of kinds) {
    if (renderer_module) found.set(name, { kind: name, title, plugin, ...renderer_module });
    const offer = modules.find((module) => module.kinds.includes(name));
    if (!renderer_module && offer && plugin !== "core") {
      found.set(name, { kind: name, title, plugin: offer.plugin, url: offer.url, error: "" });
    }
  }
  return found;
}

/** Load the renderer of a kind. */
export const useRenderer = ({ kind, url, error }: Drawn) =>
  useQuery<Renderer>({
    queryKey: ["renderer", kind, url, error],
    retry: false,
    queryFn: async () => {
      if (url === null) throw new Error(error);
      const renderer = rendererFor(await load(url), kind);
      define(renderer);
      return renderer;
    },
  });

export interface LoadedModule {
  plugin: string;
  path: string;
  url: string | null;
  kinds: string[];
  error: string;
  isLoaded: boolean;
}

/** Modules that plugins have the page load, whatever is shown. */
export function usePageModules(): LoadedModule[] {
  const plugins = usePlugins().data;
  const wanted = useMemo(
    () =>
      (plugins ?? []).flatMap(({ name, page_modules }) => page_modules.map((m) => ({ plugin: name, ...m }))),
    [plugins],
  );
  return useQueries({
    queries: wanted.map(({ url, error }) => ({
      queryKey: ["page-module", url, error],
      retry: false,
      queryFn: async () => {
        if (url === null) throw new Error(error);
        return Object.keys(renderersOf(await load(url)));
      },
    })),
    combine: (answers) =>
      wanted.map(({ plugin, path, url }, at) => ({
        plugin,
        path,
        url,
        kinds: answers[at]?.data ?? [],
        error: answers[at]?.error?.message ?? "",
        isLoaded: answers[at]?.data !== undefined,
      })),
  });
}

/** Import a module; what it throws may be anything, and queries want an error. */
async function load(url: string): Promise<unknown> {
  try {
    return await import(/* @vite-ignore */ url);
  } catch (error) {
    throw new Error(reasonOf(error));
  }
}
