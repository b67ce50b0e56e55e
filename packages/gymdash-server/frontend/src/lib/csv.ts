/** Points as comma-separated values (RFC 4180). */

export interface CsvSeries {
  run: string;
  key: string;
  step: number[];
  wall: number[];
  attempt: number[];
  value: unknown[];
}

export function toCsv(series: CsvSeries[]): string {
  const rows = ["run,key,step,wall_time,attempt,value"];
  for (const { run, key, step, wall, attempt, value } of series) {
    for (let at = 0; at < step.length; at++) {
      rows.push([run, key, step[at], wall[at], attempt[at], value[at]].map(quoted).join(","));
    }
  }
  return `${rows.join("\r\n")}\r\n`;
}

/** Quote what needs it; a name that a spreadsheet would take for a formula gets an apostrophe. */
function quoted(value: unknown): string {
  let text = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");
  if (
    typeof value === "string" &&
    /^[=+\-@\t]/.test(text) &&
    Number.isNaN(Number(text)) &&
    text !== "-Infinity"
  ) {
    text = `'${text}`;
  }
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
