/** Whether all words are in any of some texts. */

export function matchesWords(words: string, ...texts: string[]): boolean {
  const all = texts.join("\n").toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
