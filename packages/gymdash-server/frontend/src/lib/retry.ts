/** Try again what may work later. */

/** Waits before each further try: a server that is started anew answers within some of them. */
export const WAITS_MS = [300, 600, 1200, 2400, 5000, 5000, 5000, 5000, 5000];

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Call until it works; after the last wait its error is passed on. */
export async function retry<T>(call: () => Promise<T>, waitsMs = WAITS_MS, wait = pause): Promise<T> {
  for (const ms of waitsMs) {
    try {
      return await call();
    } catch {
      await wait(ms);
    }
  }
  return call();
}
