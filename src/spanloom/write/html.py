"""Pages to look at: one file each, nothing to fetch, readable without JavaScript, streamed piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from spanloom.answers.parts.drawing import as_given
from spanloom.core import Example
from spanloom.write.annotated import escape, refuse_odd_offsets
from spanloom.write.answer_html import Draw, answer_html, drawing_of
from spanloom.write.html_tables import summary_html
from spanloom.write.overview import KINDS, Overview, Provenance, heading

Item = Mapping[str, Any]

UNKNOWN = Provenance()
STYLES = ("drawing.css", "page.css")
SCRIPTS = ("arc_layout.js", "arcs.js", "painting.js", "controls.js")


def prediction_page(
    items: Iterable[Item],
    title: str = "Predictions",
    *,
    draw: Draw = as_given,
    provenance: Provenance = UNKNOWN,
) -> Iterator[str]:
    """A page of predictions, in pieces to be written one after the other.

    items: what `Task.show` gives, perhaps with a `source`; of what could not be answered `{"error"}`, with the text
    where there is one. draw: what is drawn of an item, as `AnswerKind.draw` says it; as it stands where it has the
    names of a `Drawing`.

    provenance: what the page is of; whoever writes it knows the day. Raises DataError for an offset outside the text.
    """
    overview = Overview()
    yield _head(title, provenance)
    yield f"{heading(title, provenance)}<main>\n"
    for number, item in enumerate(items, 1):
        drawn = drawing_of(item, draw)
        refuse_odd_offsets(drawn, f"item {number}")
        overview.add(drawn)
        failed = ' class="failed"' if "error" in item else ""
        yield f"<article{failed}>{_article_head(item)}{answer_html(drawn)}</article>\n"
    yield _foot(overview)


def scorecard_page(
    scorecard: Item,
    items: Iterable[Item],
    title: str = "Scorecard",
    *,
    draw: Draw = as_given,
    provenance: Provenance = UNKNOWN,
) -> Iterator[str]:
    """The scores, then gold beside predicted, in pieces to be written one after the other.

    items: as `comparison_items` makes them. draw, provenance: as of `prediction_page`. Raises DataError for an
    offset outside the text.
    """
    overview = Overview("example")
    yield _head(title, provenance)
    yield f"{heading(title, provenance)}{summary_html(scorecard)}\n"
    yield '<h2>Gold beside predicted</h2>\n<input type="checkbox" id="only">'
    yield '<label class="filter" for="only">Only examples with errors</label>\n<main>\n'
    for number, item in enumerate(items, 1):
        sides = {side: drawing_of(item[side], draw) for side in ("gold", "predicted")}
        for side, drawn in sides.items():
            refuse_odd_offsets(drawn, f"item {number}, {side}")
        yield _comparison({**item, **sides}, overview)
    yield _foot(overview)


def tables_page(content: str, title: str) -> str:
    """A page of tables and nothing else."""
    return f"{_head(title, UNKNOWN)}{content}\n</body>\n</html>\n"


def comparison_items(
    examples: Iterable[Example], predictions: Iterable[Any], show: Callable[[Any, Any], dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """What `scorecard_page` shows of each sentence. show: (input, answer) -> the JSON form, as `Task.show`."""
    for example, predicted in zip(examples, predictions, strict=True):
        yield {
            "source": str(example.source),
            "gold": show(example.input, example.gold),
            "predicted": show(example.input, predicted),
            "by_text": example.by_text,
            "lost": [f"{fact.text} ({fact.cause})" for fact in example.lost],
        }


def _comparison(item: Item, overview: Overview) -> str:
    gold, predicted, by_text = item["gold"], item["predicted"], bool(item.get("by_text"))
    left = {kind: _marks(gold, predicted, kind, by_text, "miss") for kind in KINDS}
    right = {kind: _marks(predicted, gold, kind, by_text, "extra") for kind in KINDS}
    lost = "".join(
        f'<p class="lost">Missed, not located in the text: {escape(fact)}</p>' for fact in item.get("lost", ())
    )
    both = {kind: [*left[kind], *(mark for mark in right[kind] if mark != "hit")] for kind in KINDS}
    overview.add_sides(gold, predicted, both, len(item.get("lost", ())))
    wrong = sum(mark != "hit" for marks in both.values() for mark in marks) + len(item.get("lost", ()))
    state = "wrong" if wrong else "ok"
    count = "all found" if not wrong else f"{wrong:,} missed or spurious"
    return (
        f'<article class="{state}">{_article_head(item, count)}<div class="sides">'
        f"<section><h3>Gold</h3>{answer_html(gold, left)}{lost}</section>"
        f"<section><h3>Predicted</h3>{answer_html(predicted, right)}</section></div></article>\n"
    )


def _marks(side: Item, other: Item, kind: str, by_text: bool, otherwise: str) -> list[str]:
    """A status for each fact of one side: "hit" when the other side has it too."""
    there = {_fact_key(fact, other, by_text) for fact in other[kind]}
    return ["hit" if _fact_key(fact, side, by_text) in there else otherwise for fact in side[kind]]


def _fact_key(fact: Item, item: Item, by_text: bool) -> Hashable:
    if "start" not in fact and "head" not in fact:
        return str(fact.get("key", fact["label"]))
    if "head" in fact:
        head, tail = (_fact_key(item["entities"][fact[end]], item, by_text) for end in ("head", "tail"))
        return head, fact["label"], tail
    return fact["text"] if by_text else (fact["start"], fact["end"], fact["label"])


def _article_head(item: Item, state: str = "") -> str:
    parts: Sequence[str] = [escape(part) for part in (item.get("source", ""), state) if part]
    return "<header>" + "".join(f"<span>{part}</span>" for part in parts) + "</header>"


def _head(title: str, provenance: Provenance) -> str:
    # The policy holds the page to its word: nothing is fetched, whatever a text contains.
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    named = " · ".join(escape(part) for part in (title, provenance.model, provenance.data) if part)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{named}</title>\n<style>\n{''.join(map(_own, STYLES))}</style>\n</head>\n<body>\n"
    )


def _foot(overview: Overview) -> str:
    scripts = "".join(f"<script>\n{_own(name)}</script>\n" for name in SCRIPTS)
    return f"</main>\n{overview.html()}{scripts}</body>\n</html>\n"


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
