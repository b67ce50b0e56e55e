/** What a simulation has answered: its pictures, and the rest as JSON. */

import { Code } from "@mantine/core";
import { parts } from "@/lib/answers";

export function Answer({ value }: { value: unknown }) {
  const { pictures, rest } = parts(value);
  return (
    <>
      {pictures.map(({ name, url }) => (
        <img key={name} src={url} alt={name} className="framed" />
      ))}
      {rest !== undefined && <Code block>{JSON.stringify(rest, null, 2)}</Code>}
    </>
  );
}
