// Searches the store of the service, where it keeps one.
import { $, button, make } from "./dom.js";
import { Fault, ask } from "./api.js";
import { t, told } from "./words.js";

const FIELDS = { show: "show", entity: "entity", relation: "relation", min_score: "min-score", document: "document", limit: "limit" };
const SHOWN = { facts: ["head", "relation", "tail"], mentions: ["mention"], labels: ["label"] };
const ABOUT = ["score", "document", "model"];

let asked = null, last = null; // the request that runs, and what was found by the last one

const address = (route, given) => `v1/${route}?${new URLSearchParams(Object.entries(given).filter(([, value]) => value !== ""))}`;

function nameLabel(row, column) {
  const label = row[`${column}_label`];
  return label ? [make("bdi", { text: row[column] }), " ", make("small", { class: "soft", text: label })] : [make("bdi", { text: row[column] ?? "" })];
}

function lines(row, columns) {
  const cells = columns.map(column => {
    if (column === "score") return make("td", { "data-column": "score", text: row.score?.toFixed(2) ?? "" });
    return make("td", {}, ...nameLabel(row, column));
  });
  return [make("tr", {}, ...cells), make("tr", { class: "sentence" }, make("td", { colspan: columns.length, dir: "auto", text: row.sentence }))];
}

// What was found, in the language that is chosen now.
export function show() {
  $("store-box").hidden = !last?.rows.length;
  $("names").hidden = !last?.names.length;
  if (!last) return;
  const columns = [...SHOWN[last.show], ...ABOUT], heads = t("storeColumns");
  $("found").textContent = t("storeFound", { rows: last.rows.length, more: last.more });
  $("store-table").tHead.replaceChildren(make("tr", {}, ...columns.map(column => make("th", { scope: "col", text: heads[column] }))));
  $("store-table").tBodies[0].replaceChildren(...last.rows.flatMap(row => lines(row, columns)));
  const choose = name => button(name, () => {
    $("entity").value = name;
    search();
  });
  $("names").replaceChildren(t("similar"), ...last.names.map(({ name }) => choose(name)));
}

async function search() {
  asked?.abort();
  const mine = asked = new AbortController(), { signal } = mine;
  const given = Object.fromEntries(Object.entries(FIELDS).map(([name, id]) => [name, $(id).value.trim()]));
  $("store-fault").hidden = true;
  $("store").setAttribute("aria-busy", "true");
  try {
    const { rows, more } = await ask(address("facts", given), { signal });
    const words = rows.length ? "" : given.entity;
    const { names } = words ? await ask(address("names", { words, limit: 8 }), { signal }) : { names: [] };
    last = { show: given.show, rows, more, names };
    show();
  } catch (error) {
    if (mine !== asked) return;
    last = null;
    show();
    $("found").textContent = "";
    $("store-fault").textContent = told(error instanceof Fault ? error : new Fault("unknown", String(error)), {});
    $("store-fault").hidden = false;
  } finally {
    if (mine === asked) $("store").setAttribute("aria-busy", "false");
  }
}

export function listen() {
  $("search").addEventListener("submit", event => {
    event.preventDefault();
    search();
  });
}
