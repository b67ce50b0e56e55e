/** Which runs are selected: a click selects one, with a modifier it adds or removes, with shift it selects a range. */

export interface Click {
  toggle: boolean;
  range: boolean;
}

export function select(
  order: string[],
  selected: string[],
  anchor: string | null,
  id: string,
  click: Click,
): string[] {
  if (click.range && anchor !== null) {
    const range = rangeOf(order, anchor, id);
    if (range.length) {
      return click.toggle ? [...new Set([...selected, ...range])] : range;
    }
  }
  if (click.toggle)
    return selected.includes(id) ? selected.filter((other) => other !== id) : [...selected, id];
  return [id];
}

/** What lies from one to another, both included; nothing where one of them is not there. */
export function rangeOf(order: string[], one: string, other: string): string[] {
  const [from, to] = [order.indexOf(one), order.indexOf(other)];
  return from < 0 || to < 0 ? [] : order.slice(Math.min(from, to), Math.max(from, to) + 1);
}

/** So many runs are selected at once at most: they are in the address, which a server reads up to a length. */
export const MOST_AT_ONCE = 1000;

/** How many of those that are shown are selected. */
export function shareOf(shown: string[], selected: string[]): "all" | "some" | "none" {
  const known = new Set(selected);
  const count = shown.filter((id) => known.has(id)).length;
  return count === 0 ? "none" : count === Math.min(shown.length, MOST_AT_ONCE) ? "all" : "some";
}

/** Select all that are shown, the first of them where they are many, or none of them where all are; others stay. */
export function toggleAll(shown: string[], selected: string[]): string[] {
  const known = new Set(shown);
  const others = selected.filter((id) => !known.has(id));
  return shareOf(shown, selected) === "all" ? others : [...others, ...shown.slice(0, MOST_AT_ONCE)];
}

/** Selected runs in an address, short: `a,b`. */
export function fromText(text: string | null): string[] {
  return text ? [...new Set(text.split(",").filter(Boolean))] : [];
}
