"use strict";
// Draws each sentence's relations as arcs above its lines, when the sentence comes near the screen, and again after each event
// `filtered`, which says that other facts or sentences are shown. Without this script the page still shows every entity and every
// triple. Relations from one entity to the same other one are one arc, their names side by side on it. Where each goes is found out in
// `arc_layout.js`, which stands before this script.
(() => {
  const { measure, anchors, pieces, placePorts, setExtent, placeLevels } = arcLayout;
  const STEP = 19, LIFT = 5, BETWEEN = 14, SVG = "http://www.w3.org/2000/svg";
  const WORDS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+|\s+/gu;

  function make(name, attributes, parent) {
    const node = document.createElementNS(SVG, name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    parent.append(node);
    return node;
  }

  // Words become elements, once: a line's height can then be raised by its first word, and lines can be told apart.
  function wrapWords(text) {
    if (text.dataset.words) return;
    text.dir = getComputedStyle(text).direction; // what is to be found out is found out anew, from the start, at each change
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT), nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    for (const node of nodes) {
      const parts = (node.data.match(WORDS) || []).map(part => {
        if (!part.trim()) return document.createTextNode(part);
        const word = document.createElement("span");
        word.className = "w";
        word.textContent = part;
        return word;
      });
      node.replaceWith(...parts);
    }
    text.dataset.words = "1";
  }

  function raiseLines(text, words, taken) {
    const size = parseFloat(getComputedStyle(text).fontSize);
    let line = -1;
    for (const word of words) {
      if (word.line === line) continue;
      line = word.line;
      if (!taken[line]) continue;
      const height = size * 1.1 + LIFT + taken[line].length * STEP + 4;
      const strut = document.createElement("span");
      strut.className = "strut";
      strut.style.cssText = `line-height:${height}px;vertical-align:${height / 2}px`;
      word.element.append(strut);
    }
  }

  function drawPiece(group, piece, top) {
    const y = top - LIFT - 8 - piece.level * STEP, foot = top - LIFT + 1;
    const ports = (piece.ports || []).slice().sort((a, b) => a.x - b.x);
    const curve = Math.min(11, (piece.right - piece.left) / 2, foot - y);
    const risesLeft = ports.some(port => port.x === piece.left), risesRight = ports.some(port => port.x === piece.right);
    let d = risesLeft ? `M${piece.left} ${foot}V${y + curve}Q${piece.left} ${y} ${piece.left + curve} ${y}` : `M${piece.left} ${y}`;
    d += risesRight ? `H${piece.right - curve}Q${piece.right} ${y} ${piece.right} ${y + curve}V${foot}` : `H${piece.right}`;
    make("path", { d }, group);
    for (const port of ports) {
      const isTail = port.box === piece.arc.tail && !(piece.arc.head === port.box && port === ports[0]);
      if (isTail) make("path", { class: "tip", d: `M${port.x} ${foot + 3}l-3.6 -6.5h7.2z` }, group);
      else make("circle", { class: "root", cx: port.x, cy: foot, r: 2.1 }, group);
    }
    if (!piece.labelled) return;
    let left = piece.center - piece.arc.labelWidth / 2;
    for (const relation of piece.arc.relations) {
      relation.name = make("text", { x: left + relation.width / 2, y }, group);
      relation.name.textContent = relation.item.dataset.short;
      make("title", {}, relation.name).textContent = said(relation.item);
      left += relation.width + BETWEEN;
    }
  }

  const said = item => item.innerText.replace(/\s+/g, " ");

  // The relations that are shown, each among those from the same entity to the same other one, as far as their names fit on a line.
  function arcsOf(canvas, boxes, width) {
    const context = document.createElement("canvas").getContext("2d"), open = new Map(), arcs = [];
    context.font = "560 11.5px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
    for (const item of canvas.parentElement.querySelectorAll(".triples > li:not([hidden])")) {
      const head = boxes[item.dataset.head], tail = boxes[item.dataset.tail];
      if (!head || !tail) continue;
      const relation = { item, width: context.measureText(item.dataset.short).width };
      const key = `${item.dataset.head} ${item.dataset.tail} ${item.className.replace(/ ?on$/, "")}`;
      let arc = open.get(key);
      if (!arc || arc.labelWidth + BETWEEN + relation.width > width - 10) {
        arc = { head, tail, kind: item.className, relations: [], labelWidth: -BETWEEN };
        open.set(key, arc);
        arcs.push(arc);
      }
      arc.relations.push(relation);
      arc.labelWidth += BETWEEN + relation.width;
    }
    return arcs;
  }

  // What a pointer on a name, on an arc or on an entry of the list brings out.
  function light(canvas, segments, arc, group) {
    const graph = canvas.parentElement;
    const connect = (node, relations) => {
      const { head, tail } = arc.relations[0].item.dataset;
      const lit = [group, ...relations.flatMap(relation => [relation.item, relation.name])];
      for (const id of new Set([head, tail])) lit.push(...segments.get(id) || []);
      const set = on => {
        for (const one of lit) one.classList.toggle("on", on);
        graph.classList.toggle("busy", on);
      };
      node.onmouseenter = () => set(true);
      node.onmouseleave = () => set(false);
    };
    connect(group, arc.relations);
    for (const relation of arc.relations) {
      connect(relation.item, [relation]);
      connect(relation.name, [relation]);
    }
  }

  function segmentsOf(canvas) {
    const found = new Map();
    for (const segment of canvas.querySelectorAll(".e")) {
      for (const id of segment.dataset.e.split(" ")) found.has(id) ? found.get(id).push(segment) : found.set(id, [segment]);
    }
    return found;
  }

  function draw(canvas) {
    const text = canvas.querySelector(".text");
    canvas.querySelectorAll("svg, .strut").forEach(node => node.remove());
    if (!canvas.parentElement.querySelector(".triples")) return;
    wrapWords(text);
    const { words, width } = measure(canvas, text);
    const arcs = arcsOf(canvas, anchors(words), width);
    const rightToLeft = getComputedStyle(text).direction === "rtl";
    for (const arc of arcs) arc.pieces = pieces(arc, rightToLeft);
    const list = arcs.flatMap(arc => arc.pieces);
    placePorts(list, width);
    for (const piece of list) setExtent(piece, width);
    for (const arc of arcs) {
      const widest = arc.pieces.reduce((a, b) => b.right - b.left > a.right - a.left ? b : a);
      widest.labelled = true;
      setExtent(widest, width);
    }
    raiseLines(text, words, placeLevels(list));
    const tops = {};
    for (const word of measure(canvas, text).words) tops[word.line] = Math.min(tops[word.line] ?? Infinity, word.top);
    const svg = make("svg", { "aria-hidden": "true" }, canvas), segments = segmentsOf(canvas);
    for (const arc of arcs) {
      const group = make("g", { class: `arc ${arc.kind}` }, svg);
      make("title", {}, group).textContent = arc.relations.map(relation => said(relation.item)).join("\n");
      for (const piece of arc.pieces) drawPiece(group, piece, tops[piece.line]);
      light(canvas, segments, arc, group);
    }
    // Names above all lines, so that no arc is drawn across another's name.
    svg.querySelectorAll("text").forEach(name => name.parentElement.append(name));
  }

  const canvases = () => [...document.querySelectorAll(".canvas")];
  const watch = new IntersectionObserver(entries => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      watch.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "500px" });
  // What is on the screen is drawn at once; an observer reports only after the page was first painted.
  function start() {
    let near = true;
    watch.disconnect();
    for (const canvas of canvases()) {
      if (canvas.closest("[hidden]")) continue;
      near = near && canvas.getBoundingClientRect().top < innerHeight + 500;
      if (near) draw(canvas);
      else watch.observe(canvas);
    }
  }
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; start(); } });
  addEventListener("filtered", start);
  addEventListener("beforeprint", () => canvases().slice(0, 500).forEach(draw));
  (document.fonts ? document.fonts.ready : Promise.resolve()).then(start);
})();
