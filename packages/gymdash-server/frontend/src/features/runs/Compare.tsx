/** Arguments and newest values of several runs, side by side. */

import { Checkbox, Modal, Table } from "@mantine/core";
import { useState } from "react";
import type { Run } from "@/api/client";
import { useTypes } from "@/api/queries";
import { differences } from "@/lib/table";
import { Argument } from "@/ui/Argument";
import { NewestValues } from "./NewestValues";

/** A dialog is as wide as its columns take, and as the screen allows. */
const ARGUMENT_PX = 170;
const RUN_PX = 150;
const EDGES_PX = 36;

export function Compare({ runs, close }: { runs: Run[]; close: () => void }) {
  const [all, setAll] = useState(false);
  const types = useTypes().data ?? [];
  const compared = runs.map(({ key, kwargs }) => ({
    kwargs,
    defaults: types.find((type) => type.key === key)?.defaults,
  }));
  const widthPx = EDGES_PX + ARGUMENT_PX + runs.length * RUN_PX;
  const found = differences(compared).filter((item) => all || item.differs);
  return (
    <Modal
      opened
      onClose={close}
      title={`${runs.length} runs side by side`}
      size={`calc(max(48rem, ${widthPx}px))`}
      xOffset="2vw"
    >
      <Checkbox
        label="Also arguments that are equal"
        checked={all}
        onChange={(event) => setAll(event.currentTarget.checked)}
        mb="sm"
      />
      <Table.ScrollContainer minWidth={widthPx - EDGES_PX}>
        <Table striped withTableBorder>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Argument</Table.Th>
              {runs.map((run) => (
                <Table.Th key={run.id}>{run.name}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {found.map(({ name, values, differs }) => (
              <Table.Tr key={name}>
                <Table.Th>{name}</Table.Th>
                {values.map((given, at) => (
                  <Table.Td key={runs[at]?.id} className="mono breaks" fw={differs ? 600 : 400}>
                    <Argument given={given} />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
            {!found.length && (
              <Table.Tr>
                <Table.Td colSpan={runs.length + 1} c="dimmed">
                  No argument differs.
                </Table.Td>
              </Table.Tr>
            )}
          </Table.Tbody>
          <NewestValues runs={runs} />
        </Table>
      </Table.ScrollContainer>
    </Modal>
  );
}
