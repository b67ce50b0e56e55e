/** Long names are cut in their middle: those of a sweep begin alike, and what tells them apart is at their ends. */

const SHORT = 20;
const TAIL = 18;
const BOUNDARY = /[\s,=_\-/·(]/;

/** The part that may be cut and the one that stays; the latter begins with a word where it can. */
export function partsOfName(name: string): [string, string] {
  if (name.length <= SHORT) return [name, ""];
  const from = name.length - TAIL;
  const boundary = name.slice(from).search(BOUNDARY);
  const at = boundary >= 0 && boundary < TAIL / 2 ? from + boundary : from;
  return [name.slice(0, at), name.slice(at)];
}
