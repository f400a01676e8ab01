// The words of the page in the language that was chosen. Elements name theirs: `data-t` their text, `data-label` their ARIA label.
import { chinese } from "./chinese.js";
import { english } from "./english.js";

const LANGUAGES = { en: english, zh: chinese };
let words = english, chosen = "en";

export const language = () => chosen;
export const other = () => (chosen === "en" ? "zh" : "en");
export const nameOf = key => LANGUAGES[key].language;

// The language that is asked for, or the first of the browser's that is known; then English.
export function use(asked) {
  const known = [asked, ...(navigator.languages || [navigator.language])].map(name => String(name).toLowerCase().split("-")[0]);
  chosen = known.find(name => name in LANGUAGES) || "en";
  words = LANGUAGES[chosen];
  document.documentElement.lang = chosen === "zh" ? "zh-Hans" : "en";
}

export function t(key, values) {
  const word = words[key];
  return typeof word === "function" ? word(values) : word;
}

// What a fault is told as: one sentence of the page's own, or that of the service where the page has none.
export function told(fault, values) {
  const word = words.faults[fault.cause];
  if (word === undefined) return fault.message;
  return typeof word === "function" ? word({ ...values, seconds: fault.seconds }) : word;
}

export function translate(root) {
  for (const node of root.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
}
