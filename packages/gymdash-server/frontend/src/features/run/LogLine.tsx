/** A line of a log, with what is looked for marked. */

const LONGEST = 4000;

export function LogLine({ top, text, words }: { top: number; text: string; words: string }) {
  const shown = text.slice(0, LONGEST);
  const at = words ? shown.toLowerCase().indexOf(words.toLowerCase()) : -1;
  return (
    <div className="log-line" style={{ position: "absolute", top }}>
      {at < 0 ? (
        shown
      ) : (
        <>
          {shown.slice(0, at)}
          <mark>{shown.slice(at, at + words.length)}</mark>
          {shown.slice(at + words.length)}
        </>
      )}
    </div>
  );
}
