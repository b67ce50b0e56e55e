/** Numbers, times and sizes as people read them. */

export function formatNumber(value: unknown): string {
  if (typeof value !== "number") return value === null || value === undefined ? "" : String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return value.toLocaleString("en");
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return Number(value.toPrecision(4)).toExponential();
  return String(Number(value.toPrecision(5)));
}

/** 1200 is "1,200", 4100000 is "4.1 M". */
export function formatCount(value: number): string {
  if (value < 1e5) return value.toLocaleString("en");
  const [unit, name] = value < 1e6 ? [1e3, "k"] : value < 1e9 ? [1e6, "M"] : [1e9, "G"];
  return `${Number((value / unit).toPrecision(3))} ${name}`;
}

export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  let value = bytes;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return `${at ? value.toFixed(1) : value} ${units[at]}`;
}

export function formatTime(iso: string | null | undefined): string {
  if (!iso) return "";
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : time.toLocaleString();
}

/** Seconds between two times; the second is now where it is missing. */
export function secondsBetween(start: string | null, end: string | null, nowMs: number): number {
  if (!start) return Number.NaN;
  return ((end ? Date.parse(end) : nowMs) - Date.parse(start)) / 1000;
}

/** How far something is, in its own units. */
export function progressText({ current, total }: { current: unknown; total: unknown }): string {
  return total === null ? formatNumber(current) : `${formatNumber(current)} of ${formatNumber(total)}`;
}

/** How much is done, from 0 to 100; null where nobody knows. */
export function percentDone(
  progress: { current: unknown; total: unknown } | null | undefined,
): number | null {
  if (!progress || typeof progress.current !== "number" || typeof progress.total !== "number") return null;
  if (!(progress.total > 0)) return null;
  return Math.max(0, Math.min(100, (progress.current / progress.total) * 100));
}
