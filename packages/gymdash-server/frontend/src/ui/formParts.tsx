/** Parts of forms that the library would draw in other sizes than the rest of the page. */

import { Checkbox, Group, Text, Title } from "@mantine/core";
import {
  ariaDescribedByIds,
  type DescriptionFieldProps,
  descriptionId,
  type TitleFieldProps,
  type WidgetProps,
} from "@rjsf/utils";

/** What a group of fields is about, as small as what is said of a field. */
export function FieldText({ id, description }: DescriptionFieldProps) {
  if (!description) return null;
  return (
    <Text id={id} size="xs" c="dimmed" mb="xs">
      {description}
    </Text>
  );
}

/** The name of a group of fields, and what adds or removes it where it is optional. */
export function GroupTitle({ id, title, optionalDataControl }: TitleFieldProps) {
  const heading = title ? (
    <Title id={id} order={3} size="h5" mt="xs">
      {title}
    </Title>
  ) : null;
  if (!optionalDataControl) return heading;
  return (
    <Group justify="space-between">
      {heading}
      {optionalDataControl}
    </Group>
  );
}

/** A box to tick; what is said of it stands below its name, as it does beside other fields. */
export function CheckField(props: WidgetProps) {
  const { id, htmlName, name, label, hideLabel, value, required, disabled, readonly, autofocus } = props;
  const { rawErrors = [], options, schema, onChange, onBlur, onFocus } = props;
  const description = options.description ?? schema.description;
  const shown = hideLabel || !description ? undefined : <span id={descriptionId(id)}>{description}</span>;
  return (
    <Checkbox
      id={id}
      name={htmlName || name}
      label={hideLabel ? undefined : label}
      description={shown}
      required={required}
      disabled={disabled || readonly}
      autoFocus={autofocus}
      checked={value === true || value === "true"}
      onChange={(event) => onChange(event.currentTarget.checked)}
      onBlur={(event) => onBlur(id, event.currentTarget.checked)}
      onFocus={(event) => onFocus(id, event.currentTarget.checked)}
      error={rawErrors.join("; ") || undefined}
      aria-describedby={ariaDescribedByIds(id)}
    />
  );
}
