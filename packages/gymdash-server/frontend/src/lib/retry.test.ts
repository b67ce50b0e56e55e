import { expect, test } from "vitest";
import { retry } from "./retry";

function failing(times: number) {
  let calls = 0;
  return () => (++calls > times ? Promise.resolve(calls) : Promise.reject(new Error(`call ${calls}`)));
}

const never = async () => false;

test("what works in the end is handed back, after growing waits", async () => {
  const waited: number[] = [];
  const found = await retry(failing(2), never, [1, 2, 4], async (ms) => void waited.push(ms));
  expect(found).toBe(3);
  expect(waited).toEqual([1, 2]);
});

test("what never works fails as it did the last time", async () => {
  await expect(retry(failing(9), never, [1, 2], async () => {})).rejects.toThrow("call 3");
});

test("what fails while nobody is there is tried until somebody is", async () => {
  let tries = 0;
  const isAway = async () => ++tries <= 20;
  await expect(retry(failing(22), isAway, [1, 2], async () => {})).resolves.toBe(23);
  tries = 0;
  await expect(retry(failing(23), isAway, [1, 2], async () => {})).rejects.toThrow("call 23");
});
