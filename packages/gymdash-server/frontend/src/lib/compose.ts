/** What a plot draws: a line for each run, or for each group of runs a mean with its band. */

import { type Aligned, align, type Line } from "./align";
import { bandOf, type Spread } from "./band";
import type { Drawn } from "./lines";

export interface Part {
  /** Place of the run, or of the group's first run. */
  member: number;
  /** How many runs it stands for. */
  count: number;
  role: "faint" | "line" | "edge";
  /** Of a mean: the places of the lower and the upper edge among the lines. */
  edges?: [number, number];
}

export interface Composed {
  data: Aligned;
  parts: Part[];
}

/** Compose a plot; faint lines and edges come first, so that the others lie above them. */
export function compose(drawn: Drawn[], groups: number[][], spread: Spread | null, isLog = false): Composed {
  const lines: Line[] = [];
  const parts: Part[] = [];
  const add = (line: Line, part: Part) => parts.push(part) && lines.push(line) - 1;
  const strong: [Line, Part][] = [];
  for (const group of groups) {
    const members = group.flatMap((at) => drawn[at] ?? []);
    const [member = 0] = group;
    if (spread && group.length > 1) {
      const band = bandOf(
        members.map(({ raw, smooth }) => smooth ?? raw),
        spread,
        isLog,
      );
      const edge: Part = { member, count: group.length, role: "edge" };
      const edges: [number, number] = [
        add({ x: band.x, y: band.low }, edge),
        add({ x: band.x, y: band.high }, edge),
      ];
      strong.push([
        { x: band.x, y: band.mean },
        { ...edge, role: "line", edges },
      ]);
      continue;
    }
    members.forEach(({ raw, smooth }, n) => {
      const part: Part = { member: group[n] as number, count: 1, role: "line" };
      if (smooth) add(raw, { ...part, role: "faint" });
      strong.push([smooth ?? raw, part]);
    });
  }
  for (const [line, part] of strong) add(line, part);
  return { data: align(lines), parts };
}

/** The places of the members of each group. */
export function placesOf(ids: string[], groups: { id: string }[][]): number[][] {
  return groups
    .map((group) => group.map(({ id }) => ids.indexOf(id)).filter((at) => at >= 0))
    .filter((places) => places.length);
}

/** The run whose line stands for another one: the run itself, or the one that its group is drawn as. */
export function headOf(run: string | null, groups: { id: string }[][], drawn: string[]): string | null {
  if (run === null || drawn.includes(run)) return run;
  return (
    groups.find((group) => group.some(({ id }) => id === run))?.find(({ id }) => drawn.includes(id))?.id ??
    run
  );
}
