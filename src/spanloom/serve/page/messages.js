// What the page says: how it goes, in a live region, and what went wrong, as an alert. Both are said again in another language.
import { $ } from "./dom.js";
import { Fault } from "./api.js";
import { told } from "./words.js";

let telling = () => "", failing = () => "";

export function sayAgain() {
  $("told").textContent = telling();
  $("fault").textContent = failing();
  $("fault").hidden = !$("fault").textContent;
}

// message: gives the text, in the language that is chosen by then.
export function tell(message) {
  telling = message;
  sayAgain();
}

export function clear() {
  telling = failing = () => "";
  sayAgain();
}

// Says why there is no answer. values: what the sentence may name.
export function fail(error, values = {}) {
  const fault = error instanceof Fault ? error : new Fault("unknown", String(error));
  telling = () => "";
  failing = () => told(fault, values);
  sayAgain();
}
