/** CPU, memory and GPU memory of a run, from its beginning on. */

import { SimpleGrid, Text, Title, useComputedColorScheme } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Run, RunUsage } from "@/api/client";
import { useRunUsage } from "@/api/queries";
import { Plot } from "@/charts/Plot";
import type { Aligned } from "@/lib/align";
import { formatCount, formatTime } from "@/lib/format";
import { usageColumns } from "@/lib/usage";
import { DataState, Empty } from "@/ui/DataState";

const HEIGHT_PX = 200;

export function UsagePlots({ run }: { run: Run }) {
  const usage = useRunUsage(run.id);
  return (
    <DataState
      query={usage}
      isEmpty={(samples) => !samples.length}
      empty={
        <Empty title="Nothing was measured">
          What a run uses is measured every few seconds, as long as it goes on and a server is there.
        </Empty>
      }
    >
      {(samples) => <Plots samples={samples} />}
    </DataState>
  );
}

function Plots({ samples }: { samples: RunUsage[] }) {
  const { time, cpu, memory, gpu } = useMemo(() => usageColumns(samples), [samples]);
  const [range, setRange] = useState<[number, number] | null>(null);
  const zoom = { x: time, range, setRange };
  const hasGpu = gpu.some((value) => value !== null && value > 0);
  return (
    <>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <UsagePlot title="CPU, percent of a core" y={cpu} color="#0c8599" {...zoom} />
        <UsagePlot title="Memory, MiB" y={memory} color="#7048e8" {...zoom} />
        {hasGpu && <UsagePlot title="GPU memory, MiB" y={gpu} color="#e8590c" {...zoom} />}
      </SimpleGrid>
      <Text size="xs" c="dimmed" mt="xs" className="numbers" data-testid="samples">
        {formatCount(samples.length)} samples since{" "}
        {formatTime(new Date((time[0] ?? 0) * 1000).toISOString())}
      </Text>
    </>
  );
}

interface Props {
  title: string;
  x: number[];
  y: (number | null)[];
  color: string;
  range: [number, number] | null;
  setRange: (range: [number, number] | null) => void;
}

function UsagePlot({ title, x, y, color, range, setRange }: Props) {
  const dark = useComputedColorScheme("light") === "dark";
  const data = useMemo((): Aligned => [x, y], [x, y]);
  return (
    <section className="card" style={{ padding: 14 }}>
      <Title order={3} size="h6" mb={6}>
        {title}
      </Title>
      <Plot
        label={title}
        data={data}
        strokes={[{ run: title, label: title, color, width: 1.4, alpha: 1, told: true }]}
        look={{ mode: "wall", y: "linear", dark, mini: false, height: HEIGHT_PX }}
        range={range}
        focused={null}
        onZoom={(min, max) => setRange([min, max])}
        onReset={() => setRange(null)}
      />
    </section>
  );
}
