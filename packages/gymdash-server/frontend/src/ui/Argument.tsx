/** An argument as it was given, or muted as a default. */

import { Text } from "@mantine/core";
import { type Given, text } from "@/lib/table";

const MOST = 5000;

export function Argument({ given: { value, isDefault } }: { given: Given }) {
  const shown = text(value).slice(0, MOST);
  if (!isDefault) return <>{shown}</>;
  return (
    <Text span inherit c="dimmed" title="Not given: the default of the simulation as it is installed now">
      {value === undefined ? "default" : `${shown} (default)`}
    </Text>
  );
}
