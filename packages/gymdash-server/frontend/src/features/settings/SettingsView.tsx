/** How the page looks, and what it knows of its server. */

import {
  Button,
  SegmentedControl,
  SimpleGrid,
  Table,
  Text,
  Title,
  useMantineColorScheme,
} from "@mantine/core";
import { useHealth, useUsage } from "@/api/queries";
import { formatBytes, formatNumber } from "@/lib/format";
import { DataState } from "@/ui/DataState";
import { notify } from "@/ui/notify";

const KEYS = [
  ["Alt+1 … Alt+6", "go to a view"],
  ["Click, Ctrl+click, Shift+click, drag", "select runs"],
  ["↑ ↓, Page up, Page down, Home, End", "go through the list of runs; with Shift they are selected"],
  ["Drag on a plot", "zoom"],
  ["Double click on a plot", "see everything again"],
] as const;

export default function SettingsView() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <Title order={2} mb="md">
        Settings
      </Title>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <section className="card" style={{ padding: 18 }}>
          <Title order={3} size="h5" mb="sm">
            Appearance
          </Title>
          <SegmentedControl
            aria-label="Light or dark"
            value={colorScheme}
            onChange={(value) => setColorScheme(value as "light" | "dark" | "auto")}
            data={[
              { value: "auto", label: "As the system" },
              { value: "light", label: "Light" },
              { value: "dark", label: "Dark" },
            ]}
          />
          <Text size="sm" c="dimmed" mt="md" mb={6}>
            Colours of runs, presets and plot settings are kept by this browser.
          </Text>
          <Button variant="default" size="xs" onClick={forget}>
            Forget them
          </Button>
        </section>
        <section className="card" style={{ padding: 18 }}>
          <Title order={3} size="h5" mb="sm">
            Keys
          </Title>
          <Table>
            <Table.Tbody>
              {KEYS.map(([keys, effect]) => (
                <Table.Tr key={keys}>
                  <Table.Th>{keys}</Table.Th>
                  <Table.Td>{effect}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </section>
        <Server />
      </SimpleGrid>
    </>
  );
}

function forget(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith("gymdash-")) localStorage.removeItem(key);
  notify("They are forgotten; load the page anew");
}

function Server() {
  const health = useHealth();
  const usage = useUsage();
  const machine = usage.data?.machine;
  return (
    <section className="card" style={{ padding: 18 }}>
      <Title order={3} size="h5" mb="sm">
        Server
      </Title>
      <DataState query={health}>
        {(data) => (
          <Table>
            <Table.Tbody>
              {[
                ["Version", data.version],
                ["Project", data.project],
                ["Runs", formatNumber(data.simulations)],
                ["Pages and clients that listen", formatNumber(data.clients)],
                [
                  "CPU",
                  machine
                    ? `${formatNumber(machine.cpu_percent)} % of ${machine.cpu_count ?? "?"} cores`
                    : "",
                ],
                [
                  "Memory",
                  machine
                    ? `${formatBytes(machine.memory_bytes)} of ${formatBytes(machine.memory_total_bytes)}`
                    : "",
                ],
              ].map(([name, value]) => (
                <Table.Tr key={name}>
                  <Table.Th>{name}</Table.Th>
                  <Table.Td className="breaks numbers">{value}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </DataState>
    </section>
  );
}
