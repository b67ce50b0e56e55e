/** A file of the reader's machine as a data URL, with a glance at it where it is a picture. */

import { FileInput } from "@mantine/core";
import type { WidgetProps } from "@rjsf/utils";
import { useState } from "react";
import { parts } from "@/lib/answers";

/** Stands in for the form library's own, which reads lists of files and takes a single one for an empty list. */
export function FileField({ id, label, schema, value, required, rawErrors, onChange }: WidgetProps) {
  const [file, setFile] = useState<File | null>(null);
  const [problem, setProblem] = useState<string>();
  const [picture] = parts(value).pictures;
  const choose = (chosen: File | null) => {
    setFile(chosen);
    setProblem(undefined);
    if (!chosen) return onChange(undefined);
    const reader = new FileReader();
    reader.onload = () => onChange(reader.result);
    reader.onerror = () => setProblem(`${chosen.name} cannot be read`);
    reader.readAsDataURL(chosen);
  };
  return (
    <>
      <FileInput
        id={id}
        label={label}
        description={schema.description}
        placeholder="Choose a file"
        value={file}
        required={required}
        clearable
        error={problem ?? rawErrors?.join("; ")}
        mb="xs"
        onChange={choose}
      />
      {picture && <img src={picture.url} alt={file?.name ?? "chosen"} style={{ maxHeight: 96 }} />}
    </>
  );
}
