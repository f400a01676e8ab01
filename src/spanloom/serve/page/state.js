// What a link holds, behind its `#`, which no browser sends to a server: texts, model, threshold, hidden labels, view, language.

const MOST = 30_000; // characters of the texts as they stand in a link
export const VIEWS = ["text", "graph", "table", "json"];

// What the address says, with defaults for what it does not.
export function read() {
  const given = new URLSearchParams(location.hash.slice(1));
  const threshold = Number(given.get("threshold"));
  return {
    texts: given.getAll("text"),
    model: given.get("model"),
    threshold: threshold >= 0 && threshold <= 1 ? threshold : 0,
    hidden: new Set(given.getAll("hide")),
    view: VIEWS.includes(given.get("view")) ? given.get("view") : VIEWS[0],
    lang: given.get("lang"),
    lines: given.has("lines"),
    scores: given.has("scores"),
  };
}

// The link, and whether the texts fit into it.
export function linkOf(state) {
  const texts = new URLSearchParams(state.texts.filter(text => text).length ? state.texts.map(text => ["text", text]) : []);
  const fits = texts.toString().length <= MOST;
  const held = fits ? texts : new URLSearchParams();
  if (state.model) held.set("model", state.model);
  if (state.threshold) held.set("threshold", state.threshold);
  for (const key of [...state.hidden].sort()) held.append("hide", key);
  if (state.view !== VIEWS[0]) held.set("view", state.view);
  if (state.lang) held.set("lang", state.lang);
  for (const name of ["lines", "scores"]) if (state[name]) held.set(name, "1");
  const hash = held.toString();
  return { link: `${location.pathname}${location.search}${hash && `#${hash}`}`, fits };
}

export function remember(state) {
  history.replaceState(null, "", linkOf(state).link);
}
