"""The head of a page: what it is of, how much is on it, the legend, and the controls that choose what to show.

Counts are known only once everything is written, so they stand behind the texts in the file; the styles show them in
front, and the script puts them there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spanloom.text.counts import several
from spanloom.write.annotated import STATUS_WORDS, escape, hue, legend_label, short_label, shown_score

Item = Mapping[str, Any]

KINDS = {"entities": "span", "relations": "relation", "labels": "label"}
"""The kinds of facts, and what one is called."""

_MEANINGS = {"hit": "in gold and predicted", "miss": "in gold, not predicted", "extra": "predicted, not in gold"}


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which model, data and day a page is of, as its head says it, where they are known."""

    model: str = ""
    data: str = ""
    date: str = ""


def heading(title: str, provenance: Provenance) -> str:
    """The title, and where the page comes from."""
    known = (("Model", provenance.model), ("Data", provenance.data), ("Date", provenance.date))
    parts = [f"<span>{name}: <b>{escape(value)}</b></span>" for name, value in known if value]
    about = f'<p class="about origin">{" ".join(parts)}</p>' if parts else ""
    return f'<header class="top"><h1>{escape(title)}</h1>{about}</header>\n'


class Overview:
    """Counts what is drawn, and shows the counts as the legend, each entry of which chooses what it names."""

    def __init__(self, what: str = "text") -> None:
        self.what = what
        self.texts = self.pictures = self.failed = self.with_errors = 0
        self.scored = False
        self.facts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
        self.marks: Counter[str] = Counter()

    def add(self, item: Item) -> None:
        """Count an answer as it is drawn, see `Drawing`."""
        self.texts += 1
        self.pictures += bool(item.get("thumbnails"))
        self.failed += "error" in item
        self._count(item)

    def add_sides(self, gold: Item, predicted: Item, marks: Mapping[str, Sequence[str]], lost: int) -> None:
        """Count gold, and of what was predicted the kinds that gold has not. marks: of both sides, by kind."""
        self.texts += 1
        self._count(gold)
        self._count(predicted, 0)
        found = Counter(mark for kind in KINDS for mark in marks[kind])
        found["miss"] += lost
        self.marks += found
        self.with_errors += bool(found["miss"] or found["extra"])

    def _count(self, item: Item, number: int = 1) -> None:
        for kind in KINDS:
            for fact in item[kind]:
                self.facts[kind][legend_label(fact)] += number
                self.scored = self.scored or bool(shown_score(fact))

    def html(self) -> str:
        """The counts, the legend, and the controls."""
        legends = "".join(_legend(kind, counts) for kind, counts in self.facts.items() if counts)
        return (
            f'<section class="overview" aria-label="What is shown"><p class="about">{self._counts()}</p>'
            f"{self._statuses()}<form hidden>{self._controls()}</form>"
            f'<div class="legends">{legends}</div></section>\n'
        )

    def _counts(self) -> str:
        counts = [several(self.texts, "picture" if self.pictures else self.what)]
        counts += [several(self.facts[kind].total(), name) for kind, name in KINDS.items() if self.facts[kind]]
        ending = " in gold" if self.marks else ""
        failed = [f'<b class="failures">{self.failed:,} not answered</b>'] if self.failed else []
        return ", ".join(counts) + ending + "".join(f", {part}" for part in failed)

    def _statuses(self) -> str:
        """The legend of gold beside predicted, with the count of each."""
        if not self.marks:
            return ""
        entries = "".join(
            f'<li><span class="sample {mark}">{word}</span> <b>{self.marks[mark]:,}</b> '
            f"<span>{_MEANINGS[mark]}</span></li>"
            for mark, word in STATUS_WORDS.items()
        )
        return f'<ul class="statuses">{entries}</ul>'

    def _controls(self) -> str:
        parts = ['<label>Search <input type="search" id="find" autocomplete="off"></label>']
        if self.scored:
            slider = '<input type="range" id="least" min="0" max="1" step="0.01" value="0">'
            parts.append(f'<label>Score at least {slider} <output id="least-shown" for="least">0.00</output></label>')
            parts.append('<label><input type="checkbox" id="scores"> Scores in the text</label>')
        parts.append('<button type="reset">Show all</button><output id="shown" aria-live="polite"></output>')
        return "".join(parts)


def _legend(kind: str, counts: Counter[str]) -> str:
    """Each label with its colour and count; to tick some is to see those alone."""
    entries = "".join(
        f'<label class="key" style="--h:{hue(label)}" title="{escape(label)}"><input type="checkbox" data-kind="{kind}"'
        f' value="{escape(label)}"><span class="swatch"></span>{escape(name)} <small>{count:,}</small></label>'
        for label, count, name in _named(counts)
    )
    return f'<fieldset disabled class="{kind}"><legend>{KINDS[kind].capitalize()}s</legend>{entries}</fieldset>'


def _named(counts: Counter[str]) -> list[tuple[str, int, str]]:
    """Labels, the most frequent first, with their counts and the names that the arcs give them."""
    sharing = Counter(map(short_label, counts))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(label, n, short_label(label) if sharing[short_label(label)] == 1 else label) for label, n in ordered]
