"""Pages to look at: one file each, nothing to fetch, readable without JavaScript, streamed piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from spanloom.answers.parts.drawing import Drawing, Shown, as_given, shown_text
from spanloom.core import Example
from spanloom.write.annotated import (
    STATUS_WORDS,
    chosen_by,
    escape,
    graph_html,
    hue,
    legend_label,
    refuse_odd_offsets,
    shown_score,
)
from spanloom.write.html_tables import summary_html
from spanloom.write.overview import KINDS, Overview, Provenance, heading

Item = Mapping[str, Any]
Draw = Callable[[Shown], Drawing]

UNKNOWN = Provenance()
SCRIPTS = ("arc_layout.js", "arcs.js", "controls.js")


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
        drawn = _drawn(item, draw)
        refuse_odd_offsets(drawn, f"item {number}")
        overview.add(drawn)
        failed = ' class="failed"' if "error" in item else ""
        yield f"<article{failed}>{_article_head(item)}{_answer_html(drawn)}</article>\n"
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
        sides = {side: _drawn(item[side], draw) for side in ("gold", "predicted")}
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


def _drawn(item: Item, draw: Draw) -> Drawing:
    """What is drawn of an item; of one with an error its text, perhaps an empty one, and no facts."""
    if "error" in item:
        return {**item, "text": shown_text(item), "entities": (), "relations": (), "labels": ()}
    return draw(item)


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
        f"<section><h3>Gold</h3>{_answer_html(gold, left)}{lost}</section>"
        f"<section><h3>Predicted</h3>{_answer_html(predicted, right)}</section></div></article>\n"
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


def _answer_html(item: Item, marks: Mapping[str, Sequence[str]] | None = None) -> str:
    """The text with what is found in it, and the labels of the whole; or why there is no answer."""
    statuses = marks["labels"] if marks else [""] * len(item["labels"])
    labels = "".join(map(_label_html, item["labels"], statuses))
    labels += "".join(map(_note_html, item.get("notes", ())))
    error = f'<p class="error"><b>Not answered.</b> {escape(item["error"])}</p>' if "error" in item else ""
    return (
        _picture_html(item.get("thumbnails", {}))
        + graph_html(item, marks)
        + (f'<p class="labels">{labels}</p>' if labels else "")
        + error
    )


def _picture_html(picture: Mapping[str, str]) -> str:
    """The picture, and beside it where what spoke for its class stands."""
    names = {"image": "the picture", "heat": "what spoke for the class"}
    shown = [f'<img src="{escape(uri)}" alt="{names[kind]}" title="{names[kind]}">' for kind, uri in picture.items()]
    return f'<figure class="picture">{"".join(shown)}</figure>' if shown else ""


def _note_html(note: Item) -> str:
    return f'<span class="scope{" rejected" if note["warning"] else ""}">{escape(note["text"])}</span>'


def _label_html(label: Item, status: str) -> str:
    word = f' <span class="status">{STATUS_WORDS[status]}</span>' if status in ("miss", "extra") else ""
    text = " ".join(part for part in (escape(label["label"]), shown_score(label)) if part)
    return f'<span class="label {status}" style="--h:{hue(legend_label(label))}" {chosen_by(label)}>{text}{word}</span>'


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
        f"<title>{named}</title>\n<style>\n{_own('page.css')}</style>\n</head>\n<body>\n"
    )


def _foot(overview: Overview) -> str:
    scripts = "".join(f"<script>\n{_own(name)}</script>\n" for name in SCRIPTS)
    return f"</main>\n{overview.html()}{scripts}</body>\n</html>\n"


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
