// What is asked for: one text, or one a line; the two of a pair; the turns of a dialogue. A file fills them.
import { $, button, make } from "./dom.js";
import { Fault } from "./api.js";
import { t } from "./words.js";

export const MOST_LINES = 1000;
const MOST_BYTES = 5_000_000;

const box = $("fields");
let model = { texts: 1 };

const areas = () => [...box.querySelectorAll("textarea")];
export const texts = () => areas().map(area => area.value);

const nameOf = number => (model.texts === 0 ? t("turn", number + 1) : model.texts === 2 ? t("pair")[number] : t("text"));

function field(number, text) {
  const area = make("textarea", { id: `text-${number}`, rows: model.texts === 1 ? 5 : 2, dir: "auto", spellcheck: "false", placeholder: number ? null : t("hint") });
  area.value = text;
  const row = make("div", { class: "field" }, make("label", { for: area.id, text: nameOf(number) }), area);
  if (model.texts === 0 && number > 0) {
    row.append(button("✕", () => {
      fill(texts().filter((_, other) => other !== number));
      areas()[number - 1].focus();
    }, { "aria-label": t("removeTurn", number + 1) }));
  }
  return row;
}

// Fields for what a model reads, with these texts as far as there is room for them.
export function fill(given, of = model) {
  model = of;
  const count = model.texts || Math.max(2, given.length);
  box.replaceChildren(...Array.from({ length: count }, (_, number) => field(number, given[number] || "")));
  if (model.texts === 0) {
    box.append(button(t("addTurn"), () => {
      fill([...texts(), ""]);
      areas().at(-1).focus();
    }, { id: "add-turn" }));
  }
  $("lines-row").hidden = model.texts !== 1;
  if (model.texts !== 1) $("lines").checked = false;
}

// What answers are wanted for: texts, or lists of those that make one answer. Throws Fault.
export function units() {
  const given = texts();
  if (!given.some(text => text.trim())) throw new Fault("empty");
  if (model.texts === 0) return [given.filter(text => text.trim())];
  if (model.texts === 2) return [given];
  if (!$("lines").checked) return given;
  const lines = given[0].split(/\r?\n/).filter(line => line.trim());
  if (lines.length > MOST_LINES) throw new Fault("lines");
  return lines;
}

// Puts what a file holds into the fields: all of it, or a line into each where several texts make one answer. Throws Fault.
export async function readFile(file) {
  if (file.size > MOST_BYTES) throw new Fault("fileSize");
  let content;
  try {
    content = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new Fault("file");
  }
  if (content.includes("\0")) throw new Fault("file");
  const lines = content.split(/\r?\n/).filter(line => line.trim());
  fill(model.texts === 1 ? [content] : lines);
  if (model.texts === 1) $("lines").checked = lines.length > 1;
}
