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
    const from = order.indexOf(anchor);
    const to = order.indexOf(id);
    if (from >= 0 && to >= 0) {
      const range = order.slice(Math.min(from, to), Math.max(from, to) + 1);
      return click.toggle ? [...new Set([...selected, ...range])] : range;
    }
  }
  if (click.toggle)
    return selected.includes(id) ? selected.filter((other) => other !== id) : [...selected, id];
  return [id];
}

/** Selected runs in an address, short: `a,b`. */
export function fromText(text: string | null): string[] {
  return text ? [...new Set(text.split(",").filter(Boolean))] : [];
}
