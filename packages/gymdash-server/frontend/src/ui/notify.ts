/** Short notices at the edge of the page. */

import { notifications } from "@mantine/notifications";
import { messageOf } from "@/api/client";

export function notifyError(title: string): (error: unknown) => void {
  return (error) =>
    void notifications.show({ color: "red", title, message: messageOf(error), autoClose: 10_000 });
}

/** Lines of what failed: they stay until they are closed. */
export function notifyFailures(title: string, message: string): void {
  const style = {
    whiteSpace: "pre-line",
    overflowWrap: "anywhere",
    maxHeight: "40vh",
    overflowY: "auto",
  } as const;
  notifications.show({ color: "red", title, message, autoClose: false, styles: { description: style } });
}

export function notify(message: string): void {
  notifications.show({ message, color: "teal" });
}
