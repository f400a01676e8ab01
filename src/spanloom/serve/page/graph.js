// The relations that are shown as a graph: a box for all names of one entity, an arrow for all that one is said to be to another.
import { make } from "./dom.js";
import { layout } from "./layout.js";
import { t } from "./words.js";

const SVG = "http://www.w3.org/2000/svg", MOST = 120, LONGEST = 28, HIGH = 28, LOW = 18;
const NAME = "600 13px system-ui, sans-serif", LABEL = "560 11.5px system-ui, sans-serif";

function draw(name, attributes, parent, text) {
  const node = document.createElementNS(SVG, name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

const brief = text => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

// Names, and what stands between each two of them. The surest relations where there are more than can be seen.
function gather(answers) {
  const facts = answers.flatMap(({ drawn, sifted }) => [...sifted.relations].map(number => ({ drawn, fact: drawn.relations[number] })));
  const surest = facts.map((each, place) => ({ ...each, place })).sort((a, b) => (b.fact.score ?? 1) - (a.fact.score ?? 1) || a.place - b.place);
  const names = new Map(), arrows = new Map();
  const named = span => {
    if (!names.has(span.name)) names.set(span.name, { text: span.text, kind: span.kind, hue: span.hue, said: [] });
    return names.get(span.name);
  };
  for (const { drawn, fact } of surest.slice(0, MOST)) {
    const [head, tail] = [fact.head, fact.tail].map(end => drawn.entities[end]), key = JSON.stringify([head.name, tail.name]);
    const arrow = arrows.get(key) || { head: named(head), tail: named(tail), labels: new Set() };
    arrow.labels.add(fact.short);
    arrows.set(key, arrow);
  }
  for (const { head, tail, labels } of arrows.values()) head.said.push(`${[...labels].join(", ")} ${tail.text}`);
  return { names: [...names.values()], arrows: [...arrows.values()], shown: Math.min(facts.length, MOST), all: facts.length };
}

// Where a line from the middle of a box to a point leaves the box.
function edgeOf(place, box, to) {
  const x = to.x - place.x, y = to.y - place.y;
  const by = Math.min(1, (box.w / 2 + 2) / Math.max(Math.abs(x), 0.01), (box.h / 2 + 2) / Math.max(Math.abs(y), 0.01));
  return { x: place.x + x * by, y: place.y + y * by };
}

// A curve from box to box through the place of its label, with a tip at the tail.
function drawArrow(svg, arrow, through, text) {
  const loop = arrow.head === arrow.tail, aside = loop ? 14 : 0;
  const start = edgeOf(arrow.head.place, arrow.head.box, { x: through.x - aside, y: through.y });
  const end = edgeOf(arrow.tail.place, arrow.tail.box, { x: through.x + aside, y: through.y });
  const bend = { x: 2 * through.x - (start.x + end.x) / 2, y: 2 * through.y - (start.y + end.y) / 2 };
  const group = draw("g", { class: "link" }, svg), turn = Math.atan2(end.y - bend.y, end.x - bend.x) * 180 / Math.PI;
  draw("path", { class: "line", d: `M${start.x} ${start.y}Q${bend.x} ${bend.y} ${end.x} ${end.y}` }, group);
  draw("path", { class: "tip", d: "M0 0L-8 -4V4Z", transform: `translate(${end.x} ${end.y}) rotate(${turn})` }, group);
  draw("text", { x: through.x, y: through.y }, group, text);
  arrow.group = group;
}

function drawName(svg, name) {
  const { place, box } = name, label = `${name.text}, ${name.kind}${name.said.length ? `: ${name.said.join("; ")}` : ""}`;
  const group = draw("g", { class: "name", role: "listitem", tabindex: -1, "aria-label": label }, svg);
  group.style.setProperty("--h", name.hue);
  draw("title", {}, group, label);
  draw("rect", { x: place.x - box.w / 2, y: place.y - box.h / 2, width: box.w, height: box.h, rx: 7 }, group);
  draw("text", { x: place.x, y: place.y }, group, brief(name.text));
  name.group = group;
}

// What a pointer or the keyboard on a name brings out, and arrow keys from name to name.
function follow(svg, { names, arrows }) {
  const light = name => {
    const near = arrows.filter(arrow => arrow.head === name || arrow.tail === name);
    const lit = new Set([name?.group, ...near.flatMap(arrow => [arrow.group, arrow.head.group, arrow.tail.group])]);
    for (const node of svg.children) node.classList.toggle("dim", Boolean(name) && !lit.has(node));
  };
  const moves = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  names[0].group.setAttribute("tabindex", 0);
  names.forEach((name, place) => {
    const { group } = name;
    for (const event of ["pointerenter", "focus"]) group.addEventListener(event, () => light(name));
    for (const event of ["pointerleave", "blur"]) group.addEventListener(event, () => light(null));
    group.addEventListener("keydown", event => {
      if (!(event.key in moves)) return;
      event.preventDefault();
      group.setAttribute("tabindex", -1);
      const next = names[(place + moves[event.key] + names.length) % names.length].group;
      next.setAttribute("tabindex", 0);
      next.focus();
    });
  });
}

export function graph(view, answers) {
  const found = gather(answers), { names, arrows } = found;
  view.replaceChildren();
  if (!arrows.length) return view.append(make("p", { class: "soft nothing", text: t("graphNothing") }));
  const width = Math.max(280, view.clientWidth), pen = document.createElement("canvas").getContext("2d");
  const wide = (text, font, more) => { pen.font = font; return Math.min(pen.measureText(text).width + more, width); };
  const labels = arrows.map(arrow => [...arrow.labels].join(", "));
  const boxes = [...names.map(name => ({ w: wide(brief(name.text), NAME, 20), h: HIGH })), ...labels.map(text => ({ w: wide(text, LABEL, 8), h: LOW }))];
  // A label is a box of its own between two names, so that it lies on nothing.
  const links = arrows.flatMap((arrow, place) => [arrow.head, arrow.tail].map(end => [names.indexOf(end), names.length + place]));
  const { places, height } = layout(boxes, links, width);
  names.forEach((name, i) => Object.assign(name, { place: places[i], box: boxes[i] }));
  const svg = draw("svg", { class: "facts", viewBox: `0 0 ${width} ${height}`, width, height, role: "list", "aria-label": t("graph", { names: names.length, facts: found.shown }) }, view);
  arrows.forEach((arrow, i) => drawArrow(svg, arrow, places[names.length + i], labels[i]));
  names.forEach(name => drawName(svg, name));
  follow(svg, found);
  const notes = [t("graphKeys"), ...(found.shown < found.all ? [t("graphMost", found)] : [])];
  view.append(make("p", { class: "soft", text: notes.join(" ") }));
}
