// What came back, and what of it is shown: those facts that pass the threshold and the switches, in the view that is open.
import { $, make } from "./dom.js";
import { graph } from "./graph.js";
import { legend } from "./legend.js";
import { GROUPS, sift } from "./sift.js";
import { table } from "./table.js";
import * as texts from "./texts.js";
import { t } from "./words.js";

const LONGEST = 200_000; // characters of JSON that are shown; all of it can be copied and downloaded

let answers = [], notes = []; // { drawn, sifted } of each text; what was said beside them
export const all = () => answers;
export const size = () => answers.reduce((sum, { drawn }) => sum + drawn.entities.length + drawn.relations.length + 1, 0);

// The answers as the service gave them: one by itself, several a line each.
export function json() {
  const given = answers.map(({ drawn }) => drawn.answer);
  return given.length === 1 ? `${JSON.stringify(given[0], null, 2)}\n` : given.map(answer => `${JSON.stringify(answer)}\n`).join("");
}

const VIEWS = {
  text: () => texts.show($("view-text"), answers),
  graph: () => graph($("view-graph"), answers),
  table: () => table(answers),
  json: () => {
    const text = json();
    $("json").textContent = text.length > LONGEST ? text.slice(0, LONGEST) + t("jsonCut") : text;
  },
};

// Shows what passes now. It asks nobody.
export function apply(state) {
  for (const answer of answers) answer.sifted = sift(answer.drawn, state);
  $("threshold-shown").value = state.threshold.toFixed(2);
  document.body.classList.toggle("scores", state.scores);
  if (answers.length) VIEWS[state.view]();
}

// changed: is called when a label is switched on or off, which changes `state.hidden`.
export function render(state, changed) {
  $("results").hidden = !answers.length;
  const scored = answers.some(({ drawn }) => GROUPS.some(group => drawn[group].some(({ score }) => score !== null)));
  $("threshold-row").hidden = $("scores-row").hidden = !scored;
  $("notes").replaceChildren(...notes.map(text => make("p", { class: "soft", text })));
  legend($("legends"), answers, state.hidden, changed);
  apply(state);
}

export function drop() {
  answers = [];
  notes = [];
  texts.clear($("view-text"));
}

// reply: of `v1/draw`, for texts behind those that are there. many: whether there are several in all.
export function add(reply, many) {
  const more = reply.drawn.map(drawn => ({ drawn }));
  answers.push(...more);
  notes = [...new Set([...notes, ...reply.notes])];
  texts.add($("view-text"), more, many);
}

// How much was found in all, whatever is shown of it.
export function counts() {
  const found = GROUPS.map(group => [group, answers.reduce((sum, { drawn }) => sum + drawn[group].length, 0)]);
  return { ...Object.fromEntries(found), texts: answers.length, failed: answers.filter(({ drawn }) => drawn.answer.error).length };
}
