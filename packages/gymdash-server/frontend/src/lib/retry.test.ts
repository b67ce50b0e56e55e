import { expect, test } from "vitest";
import { retry } from "./retry";

function failing(times: number) {
  let calls = 0;
  return () => (++calls > times ? Promise.resolve(calls) : Promise.reject(new Error(`call ${calls}`)));
}

test("what works in the end is handed back, after growing waits", async () => {
  const waited: number[] = [];
  const found = await retry(failing(2), [1, 2, 4], async (ms) => void waited.push(ms));
  expect(found).toBe(3);
  expect(waited).toEqual([1, 2]);
});

test("what never works fails as it did the last time", async () => {
  await expect(retry(failing(9), [1, 2], async () => {})).rejects.toThrow("call 3");
});
