/** Which points of a line are drawn as dots: all where they are few, else those that no line leads to. */

export type Column = ArrayLike<number | null | undefined>;

/** Indices of the dots from one index to another; null is a gap, undefined a place at which only others have a point. */
export function dotsOf(column: Column, from: number, to: number, most: number): number[] {
  const there: number[] = [];
  const alone: number[] = [];
  let before = false;
  let last = -1;
  const settle = (isFollowed: boolean) => {
    if (last >= 0 && !before && !isFollowed) alone.push(last);
  };
  for (let at = from; at <= to; at++) {
    const value = column[at];
    if (value === undefined) continue;
    const isThere = value !== null;
    settle(isThere);
    before = last >= 0;
    last = isThere ? at : -1;
    if (isThere && there.length <= most) there.push(at);
  }
  settle(false);
  return there.length <= most ? there : alone;
}
