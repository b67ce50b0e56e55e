/** Captured output, merged from answers and live pieces by their offsets in bytes. */

export interface LogPart {
  offset: number;
  next_offset: number;
  first_offset: number;
  size: number;
  text: string;
}

export interface Log {
  /** Offset of the first byte that is here. */
  begin: number;
  /** Offset behind the last byte that is here. */
  end: number;
  text: string;
}

/** Most characters that are kept; older ones are read again from the server when they are wanted. */
export const MOST_TEXT = 1_000_000;

export function fromPart(part: LogPart): Log {
  return { begin: part.offset, end: part.next_offset, text: part.text };
}

/** Append a piece; null says that something between is missing, or that pieces overlap in part. */
export function append(log: Log, part: LogPart): Log | null {
  if (part.next_offset <= log.end) return log;
  if (part.offset !== log.end) return null;
  const text = log.text + part.text;
  if (text.length <= MOST_TEXT) return { ...log, end: part.next_offset, text };
  const cut = text.indexOf("\n", text.length - MOST_TEXT) + 1;
  const removed = new TextEncoder().encode(text.slice(0, cut)).length;
  return { begin: log.begin + removed, end: part.next_offset, text: text.slice(cut) };
}

/** What is known once the question is answered that was asked when `before` was known: pieces may have come meanwhile. */
export function answered(before: Log | null, now: Log | null, part: LogPart): Log {
  return (now && append(now, part)) || (before && append(before, part)) || fromPart(part);
}

const ESCAPE = String.fromCharCode(27);
const CONTROLS = new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]`, "g");

/** Lines as a terminal would leave them: what a carriage return overwrites is gone, colours are left out. */
export function linesOf(text: string): string[] {
  return text
    .replace(CONTROLS, "")
    .split("\n")
    .map((line) => {
      const trimmed = line.endsWith("\r") ? line.slice(0, -1) : line;
      return trimmed.slice(trimmed.lastIndexOf("\r") + 1);
    });
}
