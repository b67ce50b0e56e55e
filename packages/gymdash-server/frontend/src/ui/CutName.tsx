/** A name that is cut in its middle where there is no room for it; pointing at it tells all of it. */

import { partsOfName } from "@/lib/cut";

export function CutName({
  name,
  title = name,
  className,
}: {
  name: string;
  title?: string;
  className?: string;
}) {
  const [head, tail] = partsOfName(name);
  return (
    <span className={className ? `cut ${className}` : "cut"} title={title}>
      <span className="cut-head">{head}</span>
      {tail && <span className="cut-tail">{tail}</span>}
    </span>
  );
}
