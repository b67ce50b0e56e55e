/** The same for many runs: one request each, some at a time, and what is told of it. */

/** So many requests are under way at a time. */
export const AT_ONCE = 4;

export interface Failure<T> {
  item: T;
  why: string;
}

export interface Outcome<T> {
  done: T[];
  failed: Failure<T>[];
}

/** Do something with each item, in their order; one that fails holds up none. */
export async function forEach<T>(
  items: readonly T[],
  act: (item: T) => Promise<unknown>,
  atOnce: number = AT_ONCE,
): Promise<Outcome<T>> {
  const results = new Array<string | null>(items.length).fill(null);
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const at = next++;
      try {
        await act(items[at] as T);
      } catch (error) {
        results[at] = error instanceof Error ? error.message : String(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  const failed = items.flatMap((item, at) => {
    const why = results[at];
    return typeof why === "string" ? [{ item, why }] : [];
  });
  return { done: items.filter((_, at) => results[at] === null), failed };
}

/** "1 run", "1,200 runs". */
export function runsText(count: number): string {
  return `${count.toLocaleString("en")} ${count === 1 ? "run" : "runs"}`;
}

/** Every failure by the name of its run, with the reason. */
export function failuresText(failed: Failure<{ name: string }>[]): string {
  return failed.map(({ item, why }) => `${item.name}: ${why}`).join("\n");
}

/** Those that have ended can be thrown away; what is told of the others. */
export function thrownText(thrown: number, left: number): string {
  const done = thrown || !left ? `${runsText(thrown)} moved to the trash` : "Nothing was thrown away";
  if (!left) return done;
  return `${done}; ${runsText(left)} had not ended and ${left === 1 ? "was" : "were"} left`;
}

/** What is told after runs were tagged: some had the tag before. */
export function taggedText(tag: string, tagged: number, had: number): string {
  const done = `${runsText(tagged)} tagged “${tag}”`;
  return had ? `${done}; ${runsText(had)} had it` : done;
}
