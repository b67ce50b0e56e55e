/** A button that keeps the focus while it is busy and while nothing can be done: it refuses, and is there. */

import { Button, type ButtonProps } from "@mantine/core";
import type { ComponentProps, MouseEvent, ReactNode } from "react";

interface Props extends ButtonProps {
  children: ReactNode;
  type?: "button" | "submit";
  onClick?: () => void;
}

/** A browser takes the focus from a button that is disabled, and leaves those who use keys at the page's beginning. */
export function ActButton({ type = "button", onClick, ...props }: Props) {
  const isOff = Boolean(props.disabled || props.loading);
  /** Enter in a field clicks the button that sends its form, so that this holds it back as well. */
  const act = (event: MouseEvent) => (isOff ? event.preventDefault() : onClick?.());
  return (
    <Button
      {...props}
      renderRoot={({ disabled: _disabled, ...root }: ComponentProps<"button">) => (
        <button {...root} type={type} aria-disabled={isOff || undefined} onClick={act} />
      )}
    />
  );
}
