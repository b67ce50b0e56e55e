/** Try again what may work later. */

/** Waits before each further try: a server that is started anew answers within some of them. */
export const WAITS_MS = [300, 600, 1200, 2400, 5000, 5000, 5000, 5000, 5000];

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Call until it works; after the last wait its error is passed on. What fails while nobody is there does not count. */
export async function retry<T>(
  call: () => Promise<T>,
  isAway: () => Promise<boolean>,
  waitsMs = WAITS_MS,
  wait = pause,
): Promise<T> {
  for (let tried = 0, failed = 0; ; tried++) {
    try {
      return await call();
    } catch (error) {
      if (!(await isAway())) failed++;
      if (failed > waitsMs.length) throw error;
    }
    await wait(waitsMs[Math.min(tried, waitsMs.length - 1)] ?? 0);
  }
}
