// A switch for each label that was found, with its colour and how often it was.
import { make } from "./dom.js";
import { GROUPS, keyOf } from "./sift.js";
import { t } from "./words.js";

function counted(group, answers) {
  const found = new Map();
  for (const { drawn } of answers) {
    for (const fact of drawn[group]) {
      const before = found.get(fact.kind) || { key: keyOf(group, fact), kind: fact.kind, hue: fact.hue, count: 0 };
      found.set(fact.kind, { ...before, count: before.count + 1 });
    }
  }
  return [...found.values()].sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1));
}

function switchOf({ key, kind, hue, count }, hidden, changed) {
  const box = make("input", { type: "checkbox", checked: !hidden.has(key), value: key });
  box.addEventListener("input", () => {
    if (box.checked) hidden.delete(key);
    else hidden.add(key);
    changed();
  });
  const entry = make("label", { class: "key", title: kind }, box, make("span", { class: "swatch" }), `${kind} `, make("small", { text: count.toLocaleString() }));
  entry.style.setProperty("--h", hue);
  return entry;
}

// hidden: the keys of labels that are switched off, which the switches change.
export function legend(view, answers, hidden, changed) {
  const fieldsets = GROUPS.flatMap(group => {
    const entries = counted(group, answers).map(found => switchOf(found, hidden, changed));
    return entries.length ? [make("fieldset", { class: group }, make("legend", { text: t(group) }), ...entries)] : [];
  });
  view.replaceChildren(...fieldsets);
}
