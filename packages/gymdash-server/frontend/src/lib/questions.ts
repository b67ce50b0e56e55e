/** Open questions, those of the selected runs apart from the others. */

interface Asked {
  simulation_id: string;
}

/** Where none is selected, all are looked at. */
export function sharedOut<T extends Asked>(questions: T[], selected: string[]): { own: T[]; others: T[] } {
  if (!selected.length) return { own: questions, others: [] };
  const isOwn = (question: T) => selected.includes(question.simulation_id);
  return { own: questions.filter(isOwn), others: questions.filter((question) => !isOwn(question)) };
}
