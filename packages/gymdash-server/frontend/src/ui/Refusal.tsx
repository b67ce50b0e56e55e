/** Why the server did not take a form: one line for each field, that leads to it. */

import { Alert, Anchor, List, Text } from "@mantine/core";
import type { PlacedError } from "@/lib/fieldErrors";
import { focusField, useFirstRefused } from "./focusField";

const MOST = 8;

interface Props {
  title: string;
  error: Error;
  errors: PlacedError[];
  /** Which form: fields are named after it. */
  form: string;
}

export function Refusal({ title, error, errors, form }: Props) {
  useFirstRefused(form, error, errors[0]?.path);
  return (
    <Alert color="red" my="sm" role="alert" title={title}>
      {!errors.length && (
        <Text size="sm" className="breaks">
          {error.message}
        </Text>
      )}
      <List size="sm" listStyleType="none">
        {errors.slice(0, MOST).map(({ path, label, message: text }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two errors of a field may read alike
          <List.Item key={at} className="breaks">
            {label && (
              <>
                <Anchor
                  component="button"
                  type="button"
                  size="sm"
                  c="inherit"
                  fw={600}
                  underline="always"
                  onClick={() => focusField(form, path)}
                >
                  {label}
                </Anchor>
                :{" "}
              </>
            )}
            {text}
          </List.Item>
        ))}
      </List>
      {errors.length > MOST && <Text size="sm">and {errors.length - MOST} more</Text>}
    </Alert>
  );
}
