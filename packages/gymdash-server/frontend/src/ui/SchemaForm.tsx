/** A form from a JSON Schema; in a chunk of its own. The server validates, its errors stand beside the fields. */

import { JsonInput, Text, TextInput } from "@mantine/core";
import { withTheme } from "@rjsf/core";
import { Theme } from "@rjsf/mantine";
import type { ErrorSchema, FieldErrorProps, FieldProps, RJSFSchema, ValidatorType } from "@rjsf/utils";
import { type ReactNode, useMemo, useState } from "react";
import type { ErrorTree } from "@/lib/fieldErrors";
import { CONST_FIELD, fits, forForm, JSON_FIELD, type Schema } from "@/lib/schema";
import { FileField } from "./FileField";
import { ID_SEPARATOR } from "./focusField";
import { CheckField, FieldText, GroupTitle } from "./formParts";

const Form = withTheme(Theme);

/** Tells choices apart; refuses nothing, since ajv would need `unsafe-eval` and the server knows better. */
const validator: ValidatorType = {
  validateFormData: () => ({ errors: [], errorSchema: {} }),
  isValid: (schema, data, root) => fits(schema, data, root as Schema),
  rawValidation: () => ({ errors: [] }),
};

function JsonField({ schema, formData, onChange, fieldPathId, name, rawErrors, required }: FieldProps) {
  const [text, setText] = useState(() =>
    formData === undefined || formData === null ? "" : JSON.stringify(formData, null, 2),
  );
  return (
    <JsonInput
      id={fieldPathId.$id}
      label={schema.title ?? name}
      description={schema.description}
      placeholder="JSON"
      required={required}
      value={text}
      autosize
      minRows={1}
      maxRows={14}
      validationError="This is not valid JSON"
      error={rawErrors?.join("; ")}
      classNames={{ input: "mono" }}
      mb="xs"
      onChange={(now) => {
        setText(now);
        try {
          onChange(now.trim() ? JSON.parse(now) : undefined, fieldPathId.path);
        } catch {
          // unfinished; the input says so
        }
      }}
    />
  );
}

function ConstField({ schema, name, fieldPathId }: FieldProps) {
  return (
    <TextInput
      id={fieldPathId.$id}
      label={schema.title ?? name}
      value={String(schema.const)}
      readOnly
      mb="xs"
    />
  );
}

/** Inputs show their errors themselves; those of lists and models stand below them. */
function FieldErrors({ errors = [], schema }: FieldErrorProps) {
  const isGroup = (schema.type === "array" || schema.type === "object") && schema.$id !== JSON_FIELD;
  if (!isGroup || !errors.length) return null;
  return (
    <Text size="sm" c="red" role="alert">
      {errors.map(String).join("; ")}
    </Text>
  );
}

const templates = {
  FieldErrorTemplate: FieldErrors,
  DescriptionFieldTemplate: FieldText,
  TitleFieldTemplate: GroupTitle,
};
const widgets = { FileWidget: FileField, CheckboxWidget: CheckField };
const fields = { [JSON_FIELD]: JsonField, [CONST_FIELD]: ConstField };
const uiSchema = { "ui:submitButtonOptions": { norender: true }, "ui:options": { label: false } };

interface Props {
  schema: Schema;
  data: Record<string, unknown>;
  errors?: ErrorTree;
  onChange: (data: Record<string, unknown>) => void;
  onSubmit?: () => void;
  /** Names the fields apart from those of other forms of the page. */
  id: string;
  children?: ReactNode;
}

export default function SchemaForm({ schema, data, errors, onChange, onSubmit, id, children }: Props) {
  const shown = useMemo(() => {
    const { title: _title, description: _description, ...rest } = forForm(schema);
    return rest as RJSFSchema;
  }, [schema]);
  return (
    <Form
      schema={shown}
      uiSchema={uiSchema}
      validator={validator}
      fields={fields}
      widgets={widgets}
      templates={templates}
      formData={data}
      extraErrors={errors as ErrorSchema | undefined}
      idPrefix={id}
      idSeparator={ID_SEPARATOR}
      noValidate
      noHtml5Validate
      showErrorList={false}
      onChange={(event) => onChange((event.formData ?? {}) as Record<string, unknown>)}
      onSubmit={() => onSubmit?.()}
    >
      {children ?? <span />}
    </Form>
  );
}
