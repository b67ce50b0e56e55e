/** Media of a span, one beside the other. */

import { Modal } from "@mantine/core";
import type { Run } from "@/api/client";
import type { IconName } from "@/ui/icons";
import { MediaCard } from "./MediaCard";
import type { MediaItem } from "./useMedia";

const ICONS: Record<string, IconName> = {
  images: "image",
  videos: "film",
  audio: "sound",
  text: "text",
  histograms: "histogram",
};
const MOST = 60;

export const iconOf = (kind: string): IconName => ICONS[kind] ?? "open";

interface Props {
  items: MediaItem[];
  runs: Run[];
  close: () => void;
}

export function MediaModal({ items, runs, close }: Props) {
  return (
    <Modal
      opened
      onClose={close}
      size={items.length > 1 ? "80%" : "lg"}
      title={items.length > 1 ? `${items.length} media` : "Media"}
    >
      <div className="media-grid" style={items.length === 1 ? { gridTemplateColumns: "1fr" } : undefined}>
        {items.slice(0, MOST).map((item) => (
          <MediaCard
            key={item.id}
            item={item}
            name={runs.find((run) => run.id === item.run)?.name ?? item.run}
          />
        ))}
      </div>
    </Modal>
  );
}
