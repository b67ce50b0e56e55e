/** Ticks of an axis: where they are, and their labels, all in one format with the digits that their distance needs. */

import { formatDuration } from "./format";

type Tick = number | null;

/** Numbers from here on may be written with a unit, and below the other with an exponent. */
const LARGE = 1e6;
const SMALL = 1e-3;
const UNITS: [number, string][] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
];
/** Beyond these a unit does not help either. */
const HUGE = 1e15;
const MOST_DIGITS = 15;
const FEW = 5;
const NICE = [1, 2, 5, 10];
/** Logarithmic axes have labels far from each other: few of those have to be long for all to be exponents. */
const LONG_LOG = 1e5;

/** Whole numbers as distances: 1, 2, 5, 10, 20 and so on. */
export const WHOLE_DISTANCES: number[] = Array.from({ length: 16 }, (_, exponent) =>
  [1, 2, 5].map((first) => first * 10 ** exponent),
).flat();

/** Distances of any numbers, as far as they go. */
export const DISTANCES: number[] = Array.from({ length: 340 }, (_, at) =>
  [1, 2, 2.5, 5].map((first) => Number(`${first}e${at - 32}`)),
).flat();

/** Distances of times in seconds: parts of seconds, then what minutes, hours and days are made of. */
export const TIME_DISTANCES: number[] = [
  ...[1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2],
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  ...[60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200],
  ...WHOLE_DISTANCES.slice(0, 18).map((days) => days * 86400),
];

/** Multiples of a distance; of one of our own where the given one leaves less than two of them. */
export function ticksOf(min: number, max: number, given: number): number[] {
  const distance = given > 0 && (max - min) / given > 1.999 ? given : niceDistance((max - min) / FEW);
  const [from, to] = [Math.ceil(min / distance), Math.floor(max / distance)];
  if (!(distance > 0) || !(to - from < 1000)) return [];
  return Array.from(
    { length: Math.max(0, to - from + 1) },
    (_, at) => Number(((from + at) * distance).toPrecision(MOST_DIGITS)) || 0,
  );
}

function niceDistance(least: number): number {
  const size = 10 ** Math.floor(Math.log10(least));
  return Number(((NICE.find((first) => first * size >= least) ?? 10) * size).toPrecision(2));
}

/** Labels of ticks at equal distances. */
export function tickTexts(ticks: Tick[]): string[] {
  const most = largest(ticks);
  const distance = distanceOf(ticks) ?? (most || 1);
  const plain = ticks.map((tick) => fixed(tick, distance, 1));
  if (most === 0 || (most >= SMALL && most < LARGE)) return plain;
  const short =
    most >= LARGE && most < HUGE ? inUnit(ticks, distance, most) : inPowers(ticks, distance, most);
  return longest(short) < longest(plain) ? short : plain;
}

/** Labels of ticks at a logarithmic axis, of which only some are written. */
export function logTexts(ticks: Tick[]): string[] {
  const sizes = ticks.filter((tick) => tick !== null && tick !== 0).map((tick) => Math.abs(tick as number));
  const isLong = sizes.some((size) => size >= LONG_LOG || size < SMALL);
  return ticks.map((tick) => {
    if (tick === null) return "";
    const rounded = Number(tick.toPrecision(4));
    return isLong && tick !== 0
      ? rounded.toExponential().replace("e+", "e")
      : rounded.toLocaleString("en", DIGITS);
  });
}

const DIGITS = { maximumFractionDigits: 12 };

/** Labels of ticks that are seconds. */
export function timeTexts(ticks: Tick[]): string[] {
  const distance = distanceOf(ticks) ?? 1;
  return ticks.map((tick) => {
    if (tick === null) return "";
    if (distance < 1) return `${fixed(tick, distance, 1)} s`;
    return (tick < 0 ? "−" : "") + formatDuration(Math.abs(tick)).replace(/ 0 (s|min|h)$/, "");
  });
}

function largest(ticks: Tick[]): number {
  return ticks.reduce<number>((found, tick) => Math.max(found, Math.abs(tick ?? 0)), 0);
}

function distanceOf(ticks: Tick[]): number | undefined {
  const there = ticks.filter((tick) => tick !== null);
  const distances = there.slice(1).map((tick, at) => Math.abs(tick - (there[at] as number)));
  return distances.length ? Math.min(...distances) : undefined;
}

/** How many decimals show a distance: those of its first digit, and one more where it has a second, as 2.5 has. */
function decimalsOf(distance: number): number {
  if (!(distance > 0)) return 0;
  const exponent = Math.floor(Math.log10(distance) + 1e-4);
  const first = distance / 10 ** exponent;
  const more = Math.abs(first - Math.round(first)) > 1e-3 ? 1 : 0;
  return Math.min(100, Math.max(0, more - exponent));
}

function fixed(tick: Tick, distance: number, unit: number): string {
  if (tick === null) return "";
  const decimals = decimalsOf(distance / unit);
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return (tick / unit)
    .toLocaleString("en", digits)
    .replace(/^-(?=[0.]*$)/, "")
    .replace("-", "−");
}

function inUnit(ticks: Tick[], distance: number, most: number): string[] {
  const [unit, name] = UNITS.find(([size]) => most >= size) as [number, string];
  return ticks.map((tick) => (tick ? `${fixed(tick, distance, unit)} ${name}` : fixed(tick, 1, 1)));
}

/** With the exponent of the largest behind all. */
function inPowers(ticks: Tick[], distance: number, most: number): string[] {
  const exponent = Math.floor(Math.log10(most) + 1e-9);
  const unit = 10 ** exponent;
  return ticks.map((tick) => (tick ? `${fixed(tick, distance, unit)}e${exponent}` : fixed(tick, 1, 1)));
}

const longest = (texts: string[]): number => Math.max(0, ...texts.map((text) => text.length));
