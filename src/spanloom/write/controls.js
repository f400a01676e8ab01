"use strict";
// Chooses what is shown: by words, by labels, by score. Without this script the page shows everything, and the legend is one.
// Stands behind `painting.js`.
(() => {
  const overview = document.querySelector(".overview"), main = document.querySelector("main");
  const [form, find, least, scores, only] = ["form", "#find", "#least", "#scores", "#only"].map(name => document.querySelector(name));
  const boxes = [...overview.querySelectorAll(".key input")], articles = [...main.children];
  const words = new Map();
  const plain = text => text.normalize("NFKC").toLowerCase();

  // All that can be read of an article: text, names of labels, facts, source.
  function wordsOf(article) {
    if (!words.has(article)) {
      const names = [...article.querySelectorAll(".tag, .triples li")].map(node => node.dataset.l || `${node.dataset.k} `);
      words.set(article, plain(`${article.textContent} ${names.join(" ")}`));
    }
    return words.get(article);
  }

  // How many facts of a kind pass, after hiding the others.
  function sift(nodes, passes) {
    let count = 0;
    for (const node of nodes) {
      node.hidden = !passes(node);
      count += !node.hidden;
    }
    return count;
  }

  function apply() {
    const chosen = { entities: new Set(), relations: new Set(), labels: new Set() };
    for (const box of boxes) if (box.checked) chosen[box.dataset.kind].add(box.value);
    const some = boxes.some(box => box.checked), bound = least ? +least.value : 0, sought = plain(find.value.trim());
    const passes = kind => ({ dataset }) => (!some || chosen[kind].has(dataset.k)) && (dataset.s === undefined || +dataset.s >= bound);
    let count = 0;
    for (const article of articles) {
      let found = sift(article.querySelectorAll(".label"), passes("labels"));
      for (const graph of article.querySelectorAll(".graph")) {
        const relations = [...graph.querySelectorAll(".triples > li")], tags = [...graph.querySelectorAll(".tag")];
        found += sift(relations, passes("relations"));
        // What a relation that is shown goes from and to is shown with it.
        const ends = relations.filter(item => !item.hidden).flatMap(item => [item.dataset.head, item.dataset.tail]);
        const passing = tags.filter(passes("entities"));
        found += passing.length;
        painting.paint(graph, tags, new Set([...passing.map(tag => tag.dataset.i), ...ends]));
      }
      const left = ((some || bound > 0) && !found) || (only && only.checked && article.className === "ok");
      article.hidden = left || Boolean(sought && !wordsOf(article).includes(sought));
      count += !article.hidden;
    }
    if (least) document.querySelector("#least-shown").value = bound.toFixed(2);
    document.body.classList.toggle("scores", Boolean(scores && scores.checked));
    document.querySelector("#shown").value = count < articles.length ? `${count} of ${articles.length} shown` : "";
    dispatchEvent(new Event("filtered"));
  }

  let waiting = 0;
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(apply, articles.length > 200 ? 150 : 0);
  }

  // Where it is seen is where the keyboard comes to it.
  (document.querySelector("#only") || main).before(overview);
  form.hidden = false;
  for (const field of overview.querySelectorAll("fieldset")) field.disabled = false;
  overview.addEventListener("input", soon);
  if (only) only.addEventListener("input", soon);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => {
    for (const box of boxes) box.checked = false;
    if (only) only.checked = false;
    setTimeout(apply);
  });
  // A browser that comes back to the page has kept what was chosen.
  if (find.value || boxes.some(box => box.checked) || (least && +least.value) || (only && only.checked) || (scores && scores.checked)) apply();
})();
