// What is shown as a table: a row a fact, to sort by any column and to filter by words.
import { $, button, make } from "./dom.js";
import { GROUPS } from "./sift.js";
import { language, t } from "./words.js";

const COLUMNS = ["number", "group", "name", "label", "tail", "score"];
const FIRST = 300; // rows that are shown before all are asked for

let order = { column: null, down: false }, whole = false;

const plain = text => String(text ?? "").normalize("NFKC").toLowerCase();

function rowsOf(answers) {
  return answers.flatMap(({ drawn, sifted }, place) =>
    GROUPS.flatMap(group =>
      [...sifted[group]].map(number => {
        const fact = drawn[group][number], ends = group === "relations";
        const name = ends ? drawn.entities[fact.head].text : fact.text ?? "";
        return { number: place + 1, group: t("groups")[group], name, label: fact.label, tail: ends ? drawn.entities[fact.tail].text : "", score: fact.score };
      })));
}

function compare(a, b) {
  if (typeof a === "number" || typeof b === "number") return (a ?? -1) - (b ?? -1);
  return String(a).localeCompare(String(b), language());
}

function sorted(rows) {
  const { column, down } = order;
  if (!column) return rows;
  return rows.sort((a, b) => (down ? -1 : 1) * compare(a[column], b[column])); // equal ones stay in the order of the texts
}

function head(columns, answers) {
  const cells = columns.map(column => {
    const direction = order.column === column ? (order.down ? "descending" : "ascending") : null;
    const sort = button(t("columns")[column], () => {
      order = { column, down: order.column === column && !order.down };
      table(answers);
      $("facts").tHead.querySelector(`[data-column=${column}]`).focus();
    }, { "data-column": column });
    return make("th", { scope: "col", "aria-sort": direction }, sort);
  });
  return make("tr", {}, ...cells);
}

export function table(answers) {
  const columns = answers.length > 1 ? COLUMNS : COLUMNS.slice(1);
  const all = rowsOf(answers), words = plain($("filter").value.trim()).split(/\s+/);
  const found = sorted(all.filter(row => words.every(word => columns.some(column => column !== "score" && plain(row[column]).includes(word)))));
  const shown = whole ? found : found.slice(0, FIRST);
  const cell = (row, column) =>
    make("td", { "data-column": column, dir: column === "name" || column === "tail" ? "auto" : null, text: column === "score" ? row.score?.toFixed(2) ?? "" : row[column] });
  $("facts").tHead.replaceChildren(head(columns, answers));
  $("facts").tBodies[0].replaceChildren(...shown.map(row => make("tr", {}, ...columns.map(column => cell(row, column)))));
  $("rows").textContent = t("rows", { shown: shown.length, all: all.length });
  $("all-rows").hidden = shown.length === found.length;
}

// answers: gives those that are shown now.
export function listen(answers) {
  $("filter").addEventListener("input", () => table(answers()));
  $("all-rows").addEventListener("click", () => {
    whole = true;
    table(answers());
    $("filter").focus();
  });
}
