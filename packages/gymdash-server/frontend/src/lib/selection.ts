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

/** Selected runs in an address, short: `a,b`. */
export function fromText(text: string | null): string[] {
  return text ? [...new Set(text.split(",").filter(Boolean))] : [];
}
