/** A histogram as bars. */

import { Group, Text } from "@mantine/core";
import { formatNumber } from "@/lib/format";
import { barsOf, type Histogram } from "@/lib/histogram";

const WIDTH = 240;
const HEIGHT = 90;

export function HistogramPlot({ histogram, label }: { histogram: Histogram; label: string }) {
  return (
    <>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width="100%" role="img" aria-label={`Histogram ${label}`}>
        {barsOf(histogram).map((bar) => (
          <rect
            key={bar.left}
            x={bar.left * WIDTH}
            y={HEIGHT - bar.height * HEIGHT}
            width={Math.max(0.5, bar.width * WIDTH - 0.5)}
            height={bar.height * HEIGHT}
            fill="var(--mantine-color-teal-6)"
          />
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
