/** One medium: what it is, where it comes from. */

import { Code, Group, Text } from "@mantine/core";
import { formatBytes, formatNumber } from "@/lib/format";
import { type Histogram, isHistogram } from "@/lib/histogram";
import type { MediaValue } from "@/lib/series";
import { HistogramPlot } from "@/ui/HistogramPlot";
import { MediaView } from "@/ui/MediaView";
import { WhenSeen } from "@/ui/WhenSeen";
import type { MediaItem } from "./useMedia";

/** A video loads its first picture when it comes near the screen, as images do by themselves. */
const VIDEO_PX = 120;

export function MediaCard({ item, name, color }: { item: MediaItem; name: string; color?: string }) {
  return (
    <figure style={{ margin: 0 }}>
      <MediaContent item={item} />
      <Group component="figcaption" gap={6} wrap="nowrap" mt={4}>
        {color && <span className="dot" style={{ background: color }} />}
        <Text size="xs" truncate>
          {item.key} · step {formatNumber(item.step)} · {name}
        </Text>
      </Group>
    </figure>
  );
}

export function MediaContent({ item }: { item: MediaItem }) {
  const { value } = item;
  const label = `${item.key} at step ${item.step}`;
  if (isFile(value)) {
    const view = <MediaView url={value.url} type={value.media_type} label={label} />;
    return (
      <>
        {value.media_type.startsWith("video/") ? (
          <WhenSeen height={VIDEO_PX} once>
            {view}
          </WhenSeen>
        ) : (
          view
        )}
        {value.size === 0 && <Text size="xs">{formatBytes(0)}</Text>}
      </>
    );
  }
  if (isHistogram(value)) return <HistogramPlot histogram={value as Histogram} label={label} />;
  return (
    <Code block mah={220} style={{ overflow: "auto" }} className="breaks">
      {typeof value === "string" ? value : JSON.stringify(value, null, 2)}
    </Code>
  );
}

function isFile(value: unknown): value is MediaValue {
  return typeof value === "object" && value !== null && "media_type" in value;
}
