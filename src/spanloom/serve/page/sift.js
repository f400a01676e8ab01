// Which facts of an answer are shown: those that are sure enough, of labels that are not switched off. A relation needs both its spans,
// as in what the service itself leaves out below a threshold.

export const GROUPS = ["entities", "relations", "labels"];

export const keyOf = (group, fact) => `${group}:${fact.kind}`;

// drawn: of a text, as `v1/draw` gives it. For each group the numbers of the facts that are shown.
export function sift(drawn, { threshold, hidden }) {
  const passing = (group, also = () => true) =>
    new Set(drawn[group].flatMap((fact, number) => {
      const sure = fact.score === null || fact.score >= threshold;
      return sure && !hidden.has(keyOf(group, fact)) && also(fact) ? [number] : [];
    }));
  const entities = passing("entities");
  const relations = passing("relations", ({ head, tail }) => entities.has(head) && entities.has(tail));
  return { entities, relations, labels: passing("labels") };
}
