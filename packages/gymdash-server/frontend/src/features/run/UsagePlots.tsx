/** CPU and memory of a run since the page was opened. */

import { SimpleGrid, Title, useComputedColorScheme } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Run } from "@/api/client";
import { useRunUsage, useUsage } from "@/api/queries";
import { Plot } from "@/charts/Plot";
import { usageColumns } from "@/lib/usage";
import { Empty } from "@/ui/DataState";

const HEIGHT_PX = 200;

export function UsagePlots({ run }: { run: Run }) {
  const { data: live } = useRunUsage(run.id);
  const latest = useUsage().data?.runs[run.id];
  const columns = useMemo(() => usageColumns(live.length || !latest ? live : [latest]), [live, latest]);
  if (!columns.time.length) {
    return <Empty title="Nothing is measured">What a run uses is measured as long as it goes on.</Empty>;
  }
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <UsagePlot title="CPU, percent of a core" x={columns.time} y={columns.cpu} color="#0c8599" />
      <UsagePlot title="Memory, MiB" x={columns.time} y={columns.memory} color="#7048e8" />
      {columns.gpu.some((value) => value > 0) && (
        <UsagePlot title="GPU memory, MiB" x={columns.time} y={columns.gpu} color="#e8590c" />
      )}
    </SimpleGrid>
  );
}

function UsagePlot({ title, x, y, color }: { title: string; x: number[]; y: number[]; color: string }) {
  const dark = useComputedColorScheme("light") === "dark";
  const [range, setRange] = useState<[number, number] | null>(null);
  const data = useMemo((): [number[], number[]] => [x, y], [x, y]);
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
