/** Media of several runs: a column for each run, a row for each key and step. */

import { Text } from "@mantine/core";
import type { Run } from "@/api/client";
import { formatNumber } from "@/lib/format";
import type { MediaRow } from "@/lib/mediaRows";
import { MediaContent } from "./MediaCard";
import type { MediaItem } from "./useMedia";

interface Props {
  rows: MediaRow<MediaItem>[];
  runs: Run[];
  color: (id: string) => string;
}

export function SideBySide({ rows, runs, color }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it
    <section style={{ overflowX: "auto" }} tabIndex={0} aria-label="Media side by side">
      <table className="side-by-side">
        <thead>
          <tr>
            <th scope="col">
              <Text size="xs" c="dimmed">
                Step
              </Text>
            </th>
            {runs.map((run) => (
              <th key={run.id} scope="col">
                <span className="dot" style={{ background: color(run.id) }} /> {run.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ kind, key, step, cells }) => (
            <tr key={`${kind}/${key}/${step}`}>
              <th scope="row" className="numbers">
                {formatNumber(step)}
                <Text size="xs" c="dimmed" className="breaks">
                  {key}
                </Text>
              </th>
              {cells.map((items, at) => (
                <td key={runs[at]?.id}>
                  {items.map((item) => (
                    <MediaContent key={item.id} item={item} />
                  ))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
