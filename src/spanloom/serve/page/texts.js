// Answers as texts with what was found in them, as every page of spanloom draws them: the service writes the pieces, `painting.js` hides
// what is not shown, and `arcs.js` draws when it hears `filtered`.
import { make } from "./dom.js";
import { t } from "./words.js";

// A policy without inline style lets a script set what an attribute may not.
function styled(root) {
  for (const node of root.querySelectorAll("[data-style]")) node.style.cssText = node.dataset.style;
  return root;
}

export function clear(view) {
  view.replaceChildren();
}

// many: whether each has a number before it.
export function add(view, answers, many) {
  for (const { drawn } of answers) {
    const article = make("article", { class: drawn.answer.error ? "failed" : null });
    article.innerHTML = drawn.html; // the service's own, in which every text is escaped
    if (many) article.prepend(make("header"));
    view.append(styled(article));
  }
}

const hideOthers = (nodes, shown) => nodes.forEach((node, number) => { node.hidden = !shown.has(number); });

// Shows of each answer what was sifted out of it.
export function show(view, answers) {
  const articles = view.querySelectorAll("article");
  answers.forEach(({ sifted }, place) => {
    const article = articles[place], graph = article.querySelector(".graph");
    hideOthers(article.querySelectorAll(".triples > li"), sifted.relations);
    hideOthers(article.querySelectorAll(".labels > .label"), sifted.labels);
    painting.paint(graph, [...graph.querySelectorAll(".tag")], new Set([...sifted.entities].map(String)));
  });
  view.querySelector(".nothing")?.remove();
  const any = answers.some(({ sifted, drawn }) => drawn.answer.error || Object.values(sifted).some(numbers => numbers.size));
  if (!any) view.append(make("p", { class: "soft nothing", text: t("nothing") }));
  dispatchEvent(new Event("filtered"));
}
