/** A histogram as bars. */

import { Group, Text } from "@mantine/core";
import { useMemo } from "react";
import { formatNumber } from "@/lib/format";
import { barsOf, barText, type Histogram } from "@/lib/histogram";

const WIDTH = 240;
const HEIGHT = 90;

export function HistogramPlot({ histogram, label }: { histogram: Histogram; label: string }) {
  const bars = useMemo(() => barsOf(histogram), [histogram]);
  return (
    <>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width="100%" role="img" aria-label={`Histogram ${label}`}>
        {bars.map((bar) => (
          <g key={bar.left} className="bar">
            <title>{barText(bar)}</title>
            <rect
              x={bar.left * WIDTH}
              y={HEIGHT - bar.height * HEIGHT}
              width={Math.max(0.5, bar.width * WIDTH - 0.5)}
              height={bar.height * HEIGHT}
              fill="var(--mantine-color-teal-6)"
            />
            <rect x={bar.left * WIDTH} y={0} width={bar.width * WIDTH} height={HEIGHT} className="bar-room" />
          </g>
        ))}
      </svg>
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {formatNumber(histogram.edges[0])}
        </Text>
        <Text size="xs" c="dimmed">
          {formatNumber(histogram.edges.at(-1))}
        </Text>
      </Group>
    </>
  );
}
