// @vitest-environment jsdom
import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { ActButton } from "./ActButton";
import { useFocusKept } from "./useFocusKept";

afterEach(cleanup);

const shown = (page: React.ReactNode) => <MantineProvider>{page}</MantineProvider>;

test("a button that becomes busy keeps the focus and refuses", () => {
  const act = vi.fn();
  const button = (loading: boolean) =>
    shown(
      <ActButton loading={loading} onClick={act}>
        Go
      </ActButton>,
    );
  const { rerender } = render(button(false));
  const go = screen.getByRole<HTMLButtonElement>("button", { name: "Go" });
  go.focus();
  fireEvent.click(go);
  rerender(button(true));
  fireEvent.click(go);
  expect(act).toHaveBeenCalledTimes(1);
  expect(document.activeElement).toBe(go);
  expect([go.disabled, go.getAttribute("aria-disabled")]).toEqual([false, "true"]);
  rerender(button(false));
  fireEvent.click(go);
  expect(act).toHaveBeenCalledTimes(2);
  expect(go.hasAttribute("aria-disabled")).toBe(false);
});

test("one that is off does not send its form", () => {
  const send = vi.fn((event: React.FormEvent) => event.preventDefault());
  const form = (disabled: boolean) =>
    shown(
      <form onSubmit={send}>
        <ActButton type="submit" disabled={disabled}>
          Send
        </ActButton>
      </form>,
    );
  const { rerender } = render(form(true));
  fireEvent.click(screen.getByRole("button"));
  expect(send).not.toHaveBeenCalled();
  rerender(form(false));
  fireEvent.click(screen.getByRole("button"));
  expect(send).toHaveBeenCalledTimes(1);
});

function Card({ with: what }: { with: string[] }) {
  const card = useFocusKept<HTMLDivElement>();
  return (
    <div ref={card} tabIndex={-1} data-testid="card">
      {what.map((name) => (
        <button type="button" key={name}>
          {name}
        </button>
      ))}
    </div>
  );
}

test("where the button with the focus goes, its card has the focus", async () => {
  const { rerender } = render(<Card with={["Stop", "Kill"]} />);
  screen.getByRole("button", { name: "Stop" }).focus();
  rerender(<Card with={["Kill"]} />);
  await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("card")));
});

test("where another goes, the focus stays", async () => {
  const { rerender } = render(<Card with={["Stop", "Kill"]} />);
  screen.getByRole("button", { name: "Kill" }).focus();
  rerender(<Card with={["Kill"]} />);
  await Promise.resolve();
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Kill" }));
});
