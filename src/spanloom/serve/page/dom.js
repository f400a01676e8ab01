// Elements by name, and made from data. Text gets in as text alone.

export const $ = id => document.getElementById(id);

// attributes: `text` is the content, `class` and all others as in HTML, those that are false or null are left out.
export function make(name, { text, ...attributes } = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  if (text !== undefined) node.textContent = text;
  node.append(...children);
  return node;
}

export const button = (text, act, attributes = {}) => {
  const node = make("button", { type: "button", text, ...attributes });
  node.addEventListener("click", act);
  return node;
};

// Runs once for many calls in a row: after the last of them, so many milliseconds later.
export function later(act, wait) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(act, typeof wait === "function" ? wait() : wait, ...given);
  };
}

export async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = make("textarea", { class: "aside", readonly: true, "aria-hidden": "true" }); // where pages are not secure
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

export function download(text, name, type) {
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
