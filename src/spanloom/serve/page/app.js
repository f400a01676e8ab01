// The page: who asks what, and what becomes of it. All that a link can bring back is in `state`.
import { Fault, ask, useToken } from "./api.js";
import { $, button, copy, download, later, make } from "./dom.js";
import { examplesFor } from "./examples.js";
import * as fields from "./fields.js";
import { clear, fail, sayAgain, tell } from "./messages.js";
import * as results from "./results.js";
import { linkOf, read, remember } from "./state.js";
import * as store from "./store.js";
import * as table from "./table.js";
import * as tabs from "./tabs.js";
import * as words from "./words.js";

const TOGETHER = 32; // texts of a request
const MANY = 400; // facts, which take a moment to draw anew

const { t } = words;
let state = read(), known = null, asking = null; // what the service has; the request that runs

const model = () => known.models.find(({ name }) => name === state.model) || known.models[0];

const remembered = later(() => remember(state), 250); // of what goes on and on: browsers bound how often an address changes
const applied = later(() => results.apply(state), () => (results.size() > MANY ? 150 : 0));

function changed() {
  applied();
  remember(state);
}

const render = () => results.render(state, changed);

function note() {
  state.texts = fields.texts();
  state.lines = $("lines").checked;
  remember(state);
}

function refuse(error, values = {}) {
  if (error.cause === "unauthorised") enter();
  fail(error, { limits: known?.limits, most: fields.MOST_LINES, ...values });
}

// ---- asking ----

function busy(on) {
  $("cancel").hidden = !on;
  $("results").setAttribute("aria-busy", String(on));
  document.body.classList.toggle("asking", on);
}

async function askAll(units, signal) {
  const size = Math.min(TOGETHER, known.limits.texts), began = performance.now();
  let reply;
  for (let done = 0; done < units.length; done += size) {
    tell(() => t("busy", { done, all: units.length }));
    reply = await ask("v1/draw", { body: { texts: units.slice(done, done + size), model: model().name }, signal });
    const error = units.length === 1 && reply.drawn[0].answer.error;
    if (error) throw new Fault("text", error);
    if (done === 0) results.drop();
    results.add(reply, units.length > 1);
    render();
  }
  const seconds = (performance.now() - began) / 1000, name = `${reply.model} ${reply.version}`;
  tell(() => t("found", { ...results.counts(), model: name, seconds }));
}

// Asks for what is in the fields. A request that still runs is given up.
async function send() {
  asking?.abort();
  const mine = asking = new AbortController();
  clear();
  note();
  busy(true);
  try {
    await askAll(fields.units(), mine.signal);
  } catch (error) {
    if (mine !== asking) return;
    if (error.name === "AbortError") return tell(() => t("cancelled"));
    results.drop();
    render();
    refuse(error);
  } finally {
    if (mine === asking) busy(false);
  }
}

async function openFile(file) {
  clear();
  try {
    await fields.readFile(file);
    note();
    $("send").focus();
  } catch (error) {
    refuse(error, { name: file.name });
  }
}

// ---- what there is to ask ----

function enter() {
  $("entry").hidden = false;
  $("ask").hidden = $("store").hidden = true;
  $("token").focus();
}

// Fields and examples for the model that is chosen. given: texts for them.
function choose(given) {
  const about = model();
  $("summary").textContent = t("summary", { task: about.task, summary: about.summary, reads: about.reads_at_once });
  fields.fill(given, about);
  const tried = text => {
    fields.fill([text].flat());
    $("lines").checked = false;
    send();
  };
  $("examples").replaceChildren(...examplesFor(about).map(({ name, text }) => button(name, () => tried(text))));
}

async function load() {
  known = await ask("v1/models");
  $("entry").hidden = true;
  $("ask").hidden = false;
  $("models").hidden = known.models.length < 2;
  $("model").replaceChildren(...known.models.map(({ name }) => make("option", { text: name })));
  state.model = $("model").value = model().name;
  $("kept").hidden = $("store").hidden = !known.store;
  choose(state.texts);
}

function translate() {
  words.translate(document.body);
  const other = words.other();
  Object.assign($("language"), { textContent: words.nameOf(other), lang: other });
  store.show();
  if (known) choose(fields.texts());
  sayAgain();
  render();
}

// Shows what the address says, and asks where it holds a text. typed: whether a token was given just now.
async function begin(typed) {
  words.use(state.lang);
  $("threshold").value = state.threshold;
  $("scores").checked = state.scores;
  $("lines").checked = state.lines;
  tabs.open(state.view);
  translate();
  try {
    await load();
  } catch (error) {
    return error.cause === "unauthorised" && !typed ? enter() : refuse(error);
  }
  if (state.texts.some(text => text.trim())) await send();
  else if (typed) $("text-0").focus();
}

// ---- what a person does ----

const on = (id, event, act) => $(id).addEventListener(event, act);

function listenToForms() {
  on("ask", "submit", event => { event.preventDefault(); send(); });
  on("ask", "keydown", event => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(); });
  on("ask", "input", later(note, 400));
  on("cancel", "click", () => asking.abort());
  on("model", "change", () => { state.model = $("model").value; choose(fields.texts()); note(); });
  on("entry", "submit", event => {
    event.preventDefault();
    useToken($("token").value.trim());
    clear();
    begin(true);
  });
  on("open", "click", () => $("file").click());
  on("file", "change", () => {
    if ($("file").files.length) openFile($("file").files[0]);
    $("file").value = ""; // the same file again is a change too
  });
  const holdsFile = event => [...event.dataTransfer.types].includes("Files");
  addEventListener("dragover", event => { if (holdsFile(event)) event.preventDefault(); });
  addEventListener("drop", event => { if (holdsFile(event)) { event.preventDefault(); openFile(event.dataTransfer.files[0]); } });
}

function listenToResults() {
  const copied = (text, said) => copy(text).then(() => tell(() => t(said)), () => refuse(new Fault("copy")));
  on("threshold", "input", () => { state.threshold = Number($("threshold").value); applied(); remembered(); });
  on("scores", "input", () => { state.scores = $("scores").checked; changed(); });
  on("link", "click", () => {
    const { link, fits } = linkOf(state);
    copied(new URL(link, location.href).href, fits ? "linked" : "linkedWithout");
  });
  on("copy", "click", () => copied(results.json(), "copied"));
  on("download", "click", () => download(results.json(), results.all().length === 1 ? "answer.json" : "answers.jsonl", "application/json"));
  tabs.listen(view => {
    state.view = view;
    tabs.open(view);
    changed();
  });
  table.listen(results.all);
  store.listen();
}

function listen() {
  listenToForms();
  listenToResults();
  on("language", "click", () => { state.lang = words.other(); words.use(state.lang); translate(); remember(state); });
  addEventListener("hashchange", () => { state = read(); begin(false); });
  addEventListener("resize", later(() => { if (state.view === "graph") results.apply(state); }, 150));
}

listen();
begin(false);
