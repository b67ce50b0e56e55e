/** What a run was made from. */

interface Saved {
  name: string;
  step: number | null;
  time: string | null;
  /** The run that it was copied from. */
  origin: string | null;
}

export interface Ancestry {
  how: string;
  /** Behind the name of the parent: the checkpoint as far as it is known. */
  where: string;
}

/** A branch begins with its parent's checkpoint, of which it has a copy; a restart with its arguments alone. */
export function ancestryOf(parent: string, own: Saved[], ofParent: Saved[]): Ancestry {
  const copy = own.find(({ origin }) => origin === parent);
  if (!copy) return { how: "Made from", where: "" };
  const source = ofParent.find(({ step, time }) => step === copy.step && time === copy.time);
  const step = copy.step === null ? "" : `step ${copy.step.toLocaleString("en")}`;
  const where = source
    ? `checkpoint ${source.name}${step && ` (${step})`}`
    : step && `its checkpoint at ${step}`;
  return { how: "Branched from", where };
}
