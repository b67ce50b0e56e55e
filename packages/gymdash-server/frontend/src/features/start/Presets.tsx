/** Arguments under a name, kept by the browser for each type. */

import { Button, Group, Menu, TextInput } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useState } from "react";

type Kwargs = Record<string, unknown>;

interface Props {
  type: string;
  kwargs: Kwargs;
  fill: (kwargs: Kwargs) => void;
}

export function Presets({ type, kwargs, fill }: Props) {
  const [saved, setSaved] = useLocalStorage<Record<string, Kwargs>>({
    key: `gymdash-presets-${type}`,
    defaultValue: {},
  });
  const [name, setName] = useState("");
  const names = Object.keys(saved);
  const save = () => {
    if (!name.trim()) return;
    setSaved({ ...saved, [name.trim()]: kwargs });
    setName("");
  };
  const remove = (gone: string) =>
    setSaved(Object.fromEntries(Object.entries(saved).filter(([other]) => other !== gone)));
  return (
    <Group gap="xs" mb="md">
      <Menu position="bottom-start">
        <Menu.Target>
          <Button size="xs" variant="default">
            Presets {names.length > 0 && `(${names.length})`}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => fill({})}>Defaults</Menu.Item>
          {names.map((preset) => (
            <Menu.Item key={preset} onClick={() => fill(saved[preset] ?? {})}>
              {preset}
            </Menu.Item>
          ))}
          {names.length > 0 && <Menu.Label>Forget</Menu.Label>}
          {names.map((preset) => (
            <Menu.Item key={`forget-${preset}`} color="red" onClick={() => remove(preset)}>
              {preset}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <TextInput
        size="xs"
        aria-label="Save as a preset"
        placeholder="Save as a preset"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Enter" && save()}
      />
      {name.trim() && (
        <Button size="xs" variant="default" onClick={save}>
          Save
        </Button>
      )}
    </Group>
  );
}
