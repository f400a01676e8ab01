// Tabs as the ARIA practices describe them: one stop for the tab key, arrows, Home and End go from one to the other.
import { $ } from "./dom.js";
import { VIEWS } from "./state.js";

const tabs = VIEWS.map(view => $(`tab-${view}`));

export function open(view) {
  for (const [place, tab] of tabs.entries()) {
    const chosen = VIEWS[place] === view;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    $(`view-${VIEWS[place]}`).hidden = !chosen;
  }
}

// opened: is told which view a person chose.
export function listen(opened) {
  const moves = { ArrowRight: place => (place + 1) % tabs.length, ArrowLeft: place => (place + tabs.length - 1) % tabs.length, Home: () => 0, End: () => tabs.length - 1 };
  for (const [place, tab] of tabs.entries()) {
    tab.addEventListener("click", () => opened(VIEWS[place]));
    tab.addEventListener("keydown", event => {
      if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const next = moves[event.key](place);
      opened(VIEWS[next]);
      tabs[next].focus();
    });
  }
}
