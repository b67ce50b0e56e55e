/** What a plot shows, as files. */

import type { Run } from "@/api/client";
import { pngOf } from "@/charts/picture";
import { toCsv } from "@/lib/csv";
import { download } from "@/ui/download";
import { notifyError } from "@/ui/notify";
import type { PlotData } from "./usePlot";

const fileOf = (statKey: string) => statKey.replaceAll("/", "_");

export function saveCsv(statKey: string, { columns: shown }: PlotData, runs: Run[]): void {
  const series = shown.map(({ ref, columns }) => ({
    run: runs.find((run) => run.id === ref.run)?.name ?? ref.run,
    key: ref.key,
    ...columns,
  }));
  download(`${fileOf(statKey)}.csv`, "text/csv", toCsv(series));
}

export function savePng(
  statKey: string,
  { strokes }: PlotData,
  canvas: HTMLCanvasElement | null,
  dark: boolean,
): void {
  if (!canvas) return;
  pngOf({ canvas, title: statKey, strokes, dark }).then(
    (png) => download(`${fileOf(statKey)}.png`, "image/png", png),
    notifyError("No picture was made"),
  );
}
