/** How the form differs from the run that it began with. */

import { Alert, Text } from "@mantine/core";
import { differences } from "@/lib/table";
import { Argument } from "@/ui/Argument";

export function Changes({
  defaults,
  before,
  after,
  name,
}: {
  /** What an argument is that was not given. */
  defaults: Record<string, unknown>;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
  name: string;
}) {
  const changed = differences([before, after].map((kwargs) => ({ kwargs, defaults }))).filter(
    ({ differs }) => differs,
  );
  return (
    <Alert color="blue" variant="light" mb="md" title={`Again, after ${name}`}>
      {changed.length === 0 && <Text size="sm">Nothing is changed yet.</Text>}
      {changed.map(({ name: argument, values }) => (
        <Text key={argument} size="sm" className="mono breaks">
          {argument}: <span className="json-diff-old">{values[0] && <Argument given={values[0]} />}</span> →{" "}
          {values[1] && <Argument given={values[1]} />}
        </Text>
      ))}
    </Alert>
  );
}
