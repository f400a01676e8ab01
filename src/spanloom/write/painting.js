"use strict";
// Shows some of the spans of a text that was written with all of them, and hides the rest.
const painting = (() => {
  const painted = new WeakSet();

  // The segments of a text, coloured for the spans that are shown, by their numbers. It mirrors what the page was written with.
  // graph: with the text in it; tags: of all its spans.
  function paint(graph, tags, shown) {
    if (shown.size === tags.length && !painted.has(graph)) return;
    painted.add(graph);
    const about = new Map(tags.map(tag => [tag.dataset.i, { tag, level: +tag.dataset.v, hue: tag.style.getPropertyValue("--h") }]));
    for (const tag of tags) tag.hidden = !shown.has(tag.dataset.i);
    for (const segment of graph.querySelectorAll(".e")) {
      const on = segment.dataset.e.split(" ").filter(id => shown.has(id)).map(id => about.get(id));
      const base = on.find(entity => entity.level === 0), bars = on.filter(entity => entity.level > 0 && entity.level <= 6);
      segment.classList.toggle("off", !on.length);
      segment.classList.toggle("fill", Boolean(base));
      for (const mark of ["miss", "extra"]) segment.classList.toggle(mark, on.some(entity => entity.tag.classList.contains(mark)));
      const layers = [];
      for (let level = 1; level <= Math.max(0, ...bars.map(bar => bar.level)); level++) {
        const bar = bars.find(entity => entity.level === level);
        layers.push(`0 ${3 * level - 2}px var(--page)`, `0 ${3 * level}px ${bar ? `hsl(${bar.hue} var(--bar))` : "var(--page)"}`);
      }
      segment.style.boxShadow = layers.join(",");
    }
  }

  return { paint };
})();
