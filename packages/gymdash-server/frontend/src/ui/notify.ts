/** Short notices at the edge of the page. */

import { notifications } from "@mantine/notifications";
import { messageOf } from "@/api/client";

export function notifyError(title: string): (error: unknown) => void {
  return (error) =>
    void notifications.show({ color: "red", title, message: messageOf(error), autoClose: 10_000 });
}

export function notify(message: string): void {
  notifications.show({ message, color: "teal" });
}
