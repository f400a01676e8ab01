"""An answer as a piece of HTML: its text with what is found in it, its triples, its labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from spanloom.answers.parts.drawing import Drawing, Shown, shown_text
from spanloom.write.annotated import STATUS_WORDS, chosen_by, escape, graph_html, hue, legend_label, shown_score

Item = Mapping[str, Any]
Draw = Callable[[Shown], Drawing]


def drawing_of(item: Item, draw: Draw) -> Drawing:
    """What is drawn of an item; of one with an error its text, perhaps an empty one, and no facts."""
    if "error" in item:
        return {**item, "text": shown_text(item), "entities": (), "relations": (), "labels": ()}
    return draw(item)


def answer_html(item: Item, marks: Mapping[str, Sequence[str]] | None = None) -> str:
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


def without_inline_style(piece: str) -> str:
    """A piece for a page whose policy lets no element have a `style`: it stands in `data-style`, for a script to set.

    Texts have no quote that is not escaped, so that none of them can look like an attribute.
    """
    return piece.replace(' style="', ' data-style="')
