/** Multimedia indicators: hover shows the span, a click opens the media, a click on the span zooms to it. */

import { Tooltip } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Run } from "@/api/client";
import { xText } from "@/charts/options";
import type { Box } from "@/charts/Plot";
import type { XMode } from "@/lib/align";
import { fraction, gather } from "@/lib/indicators";
import { Icon } from "@/ui/icons";
import { iconOf, MediaModal } from "./MediaModal";
import type { MediaItem } from "./useMedia";

const TOUCH_PX = 22;

interface Props {
  media: MediaItem[];
  runs: Run[];
  /** Ids of those that have the stat. */
  ids: string[];
  mode: XMode;
  box: Box | null;
  firsts: Record<string, number>;
  /** Whether everything is shown: what lies beyond the plot then stands at its edge. */
  isWhole: boolean;
  zoomTo: (min: number, max: number) => void;
}

export function MediaMarks({ media, runs, ids, mode, box, firsts, isWhole, zoomTo }: Props) {
  const [opened, setOpened] = useState<MediaItem[] | null>(null);
  const spans = useMemo(() => {
    if (!box || !media.length) return [];
    const marks = media
      .filter((item) => ids.includes(item.run))
      .map((item) => ({ x: placeOf(item, mode, firsts), item }));
    return gather(marks, box.min, box.max, ((box.max - box.min) / box.width) * TOUCH_PX, isWhole);
  }, [media, ids, mode, box, firsts, isWhole]);
  const px = (x: number) => (box ? box.left + fraction(x, box.min, box.max) * box.width : 0);
  return (
    <div className="marks">
      {spans.map((span) => {
        const kinds = [...new Set(span.items.map((item) => item.kind))];
        const text = `${span.items.length} × ${kinds.join(", ")}: ${xText(span.from, mode)}${span.to > span.from ? ` to ${xText(span.to, mode)}` : ""}`;
        const middle = (px(span.from) + px(span.to)) / 2;
        return (
          <div key={`${span.from}-${span.to}`}>
            {span.to > span.from && (
              <button
                type="button"
                className="mark-span"
                aria-label={`Zoom to ${text}`}
                style={{ left: px(span.from), width: px(span.to) - px(span.from) }}
                onClick={() => zoomTo(span.from, span.to)}
              />
            )}
            <Tooltip label={text}>
              <button
                type="button"
                className="mark"
                aria-label={`Open ${text}`}
                style={{ left: middle }}
                onClick={() => setOpened(span.items)}
              >
                <Icon name={iconOf(kinds[0] ?? "")} size={12} />
                {span.items.length > 1 && span.items.length}
              </button>
            </Tooltip>
          </div>
        );
      })}
      {opened && <MediaModal items={opened} runs={runs} close={() => setOpened(null)} />}
    </div>
  );
}

function placeOf(item: MediaItem, mode: XMode, firsts: Record<string, number>): number {
  if (mode === "step") return item.step;
  return mode === "wall" ? item.wall : item.wall - (firsts[item.run] ?? item.wall);
}
