/** Several runs at once: seeds, and a grid of values. */

import { Collapse, SimpleGrid, Textarea, TextInput, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";

export interface BatchText {
  seeds: string;
  grid: string;
}

interface Props {
  text: BatchText;
  errors: { seeds: string | undefined; grid: string | undefined };
  onChange: (text: BatchText) => void;
}

export function Batch({ text, errors, onChange }: Props) {
  const [isOpen, { toggle }] = useDisclosure(false);
  return (
    <>
      <UnstyledButton onClick={toggle} aria-expanded={isOpen} className="link" fz="sm" mt="sm">
        {isOpen ? "▾" : "▸"} Several runs at once
      </UnstyledButton>
      <Collapse expanded={isOpen}>
        <SimpleGrid cols={{ base: 1, sm: 2 }} mt="xs">
          <TextInput
            id="start.batch:seeds"
            label="Seeds"
            description="Values of the argument seed"
            placeholder="0-4, 10"
            value={text.seeds}
            error={errors.seeds}
            onChange={(event) => onChange({ ...text, seeds: event.currentTarget.value })}
          />
          <Textarea
            id="start.batch:grid"
            label="Grid"
            description="An argument a line; every combination is a run"
            placeholder={"learning_rate = 0.001, 0.0003\nn_steps = 512, 1024"}
            autosize
            minRows={2}
            value={text.grid}
            error={errors.grid}
            onChange={(event) => onChange({ ...text, grid: event.currentTarget.value })}
          />
        </SimpleGrid>
      </Collapse>
    </>
  );
}
