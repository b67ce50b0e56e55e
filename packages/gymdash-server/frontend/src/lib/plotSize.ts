/** How large plots are: as many columns as fit, so that twenty small ones are on one screen of 1920 by 1080. */

export type PlotSize = "small" | "medium" | "large";

export interface Measures {
  /** The least width of a column, in pixels. */
  width: number;
  /** Height of the detail; of the overview below it, 0 for none. */
  detail: number;
  overview: number;
  /** About how high the card is, for one that is not drawn yet. */
  card: number;
}

export const PLOT_SIZES: Record<PlotSize, Measures> = {
  small: { width: 290, detail: 138, overview: 0, card: 170 },
  medium: { width: 420, detail: 220, overview: 46, card: 318 },
  large: { width: 760, detail: 360, overview: 60, card: 478 },
};

/** Columns of a grid: as many as fit; a plot that is all alone has the whole width. */
export function columnsOf(size: PlotSize, isAlone: boolean): string {
  return `repeat(${isAlone ? "auto-fit" : "auto-fill"}, minmax(min(100%, ${PLOT_SIZES[size].width}px), 1fr))`;
}
