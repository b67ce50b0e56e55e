// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeSource } from "@/testing/FakeSource";
import { LiveStream } from "./stream";

const newest = () => FakeSource.newest;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSource.made = [];
  vi.stubGlobal("EventSource", FakeSource);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function opened(refused = false) {
  const heard: string[] = [];
  const stream = new LiveStream(
    "/events",
    (name) => heard.push(name),
    async () => refused,
  );
  stream.start();
  return { stream, heard };
}

test("it is live once the server has said hello, and tells every event", () => {
  const { stream, heard } = opened();
  expect(stream.getState()).toBe("connecting");
  newest().say("hello", {});
  newest().say("points", { to: 1 });
  expect(stream.getState()).toBe("live");
  expect(heard).toEqual(["hello", "points"]);
  stream.close();
});

test("a lost connection is seen and begun anew, each time later", async () => {
  const { stream } = opened();
  newest().say("hello", {});
  newest().onerror?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(stream.getState()).toBe("lost");
  await vi.advanceTimersByTimeAsync(300);
  expect(FakeSource.made).toHaveLength(2);
  newest().onerror?.();
  await vi.advanceTimersByTimeAsync(599);
  expect(FakeSource.made).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  newest().say("hello", {});
  expect(stream.getState()).toBe("live");
  stream.close();
});

test("a server that does not let the page in is told apart from one that is gone", async () => {
  const { stream } = opened(true);
  newest().onerror?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(stream.getState()).toBe("refused");
  stream.close();
});

test("a hidden page gives its connection back, and takes it up when it is seen", async () => {
  const { stream } = opened();
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  document.dispatchEvent(new Event("visibilitychange"));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(newest().closed).toBe(true);
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event("visibilitychange"));
  expect(FakeSource.made).toHaveLength(2);
  stream.close();
});
