/** A picture of a plot: its canvas, with the title above and the legend below, on the background of the page. */

import { laidOut } from "@/lib/legend";
import type { Stroke } from "./options";

const TITLE_PX = 34;
const ROW_PX = 20;
const EDGE_PX = 14;
const DOT_PX = 9;
const GAP_PX = 18;
const FONT = "system-ui, sans-serif";

export interface Picture {
  canvas: HTMLCanvasElement;
  title: string;
  strokes: Stroke[];
  dark: boolean;
}

/** Return a picture as PNG, with the pixels that the plot has on the screen. */
export function pngOf({ canvas, title, strokes, dark }: Picture): Promise<Blob> {
  const ratio = canvas.width / (canvas.clientWidth || canvas.width);
  const width = canvas.width / ratio + 2 * EDGE_PX;
  const made = document.createElement("canvas");
  const pen = made.getContext("2d");
  if (!pen) return Promise.reject(new Error("This browser gives no canvas to draw on."));
  pen.font = `12px ${FONT}`;
  const told = strokes.filter((stroke) => stroke.told);
  const entries = told.map((item) => ({ item, width: pen.measureText(item.label).width + DOT_PX + 6 }));
  const places = laidOut(entries, width - 2 * EDGE_PX, GAP_PX);
  const below = TITLE_PX + canvas.height / ratio;
  made.width = Math.round(width * ratio);
  made.height = Math.round((below + EDGE_PX + ROW_PX * ((places.at(-1)?.row ?? -1) + 1)) * ratio);
  pen.scale(ratio, ratio);
  pen.fillStyle = dark ? "#1d2125" : "#ffffff";
  pen.fillRect(0, 0, width, made.height / ratio);
  const ink = dark ? "#e6e8ea" : "#1a1d20";
  pen.fillStyle = ink;
  pen.textBaseline = "middle";
  pen.font = `600 14px ${FONT}`;
  pen.fillText(title, EDGE_PX, TITLE_PX / 2, width - 2 * EDGE_PX);
  pen.drawImage(canvas, EDGE_PX, TITLE_PX, canvas.width / ratio, canvas.height / ratio);
  pen.font = `12px ${FONT}`;
  for (const { item, x, row } of places) {
    const y = below + EDGE_PX / 2 + ROW_PX * (row + 0.5);
    pen.fillStyle = item.color;
    pen.beginPath();
    pen.arc(EDGE_PX + x + DOT_PX / 2, y, DOT_PX / 2, 0, 2 * Math.PI);
    pen.fill();
    pen.fillStyle = ink;
    pen.fillText(item.label, EDGE_PX + x + DOT_PX + 6, y, width - 3 * EDGE_PX - DOT_PX);
  }
  return new Promise((resolve, reject) =>
    made.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("The picture is too large."))),
      "image/png",
    ),
  );
}
