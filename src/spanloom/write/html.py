"""Pages to look at: one file each, nothing to fetch, readable without JavaScript, streamed piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from spanloom.core import Example
from spanloom.text.edits import new_parts
from spanloom.write.annotated import STATUS_WORDS, checked, escape, graph_html, hue
from spanloom.write.html_tables import summary_html
from spanloom.write.surprisal_tables import striking

Item = Mapping[str, Any]

KINDS = ("entities", "relations", "labels")
INSERTED = "inserted"


def prediction_page(items: Iterable[Item], title: str = "Predictions") -> Iterator[str]:
    """A page of predictions, in pieces to be written one after the other.

    items: what `Task.show` gives. Of a graph or of spans `{"text", "entities": [{"start", "end", "label", "text",
    "score"}], "relations": [{"head", "tail", "label", "score"}]}`, offsets in characters; of single tags `{"text",
    "tokens": [{"start", "end", "text", "label", "score"}]}`; of requests `{"text", "intent", "slots"}`, their
    slots as entities; of two related spans `{"text", "head": {"start", "end", "text"}, "tail", "relation", "score"}`;
    of labels `{"text"}` or `{"first", "second"}`, and `{"labels": [{"label", "score"}]}`; of rewrites `{"turns",
    "rewrite", "score"}`; of surprisal `{"text", "bits", "tokens": [{"start", "end", "text", "bits"}]}`. `score`,
    `relations` and a `source` are optional. An `error`, beside a `text` or not, is what stands in place of an answer.
    Raises DataError for an offset outside the text.
    """
    yield _head(title)
    yield f"<h1>{escape(title)}</h1>\n<main>\n"
    for number, item in enumerate(items, 1):
        if "error" in item:
            lost = f'<p class="lost">{escape(item["error"])}</p>'
            yield f'<article class="failed">{_article_head(item)}{escape(item.get("text", ""))}{lost}</article>\n'
            continue
        drawn = drawable(item)
        checked(drawn, f"item {number}")
        yield f"<article>{_article_head(item)}{_answer_html(drawn)}</article>\n"
    yield _foot()


def scorecard_page(scorecard: Item, items: Iterable[Item], title: str = "Scorecard") -> Iterator[str]:
    """The scores, then gold beside predicted, in pieces to be written one after the other.

    items: as `comparison_items` makes them. Raises DataError for an offset outside the text.
    """
    yield _head(title)
    yield f"<h1>{escape(title)}</h1>\n{summary_html(scorecard)}\n"
    yield '<input type="checkbox" id="only"><label class="filter" for="only">Only sentences with errors</label>\n'
    yield "<main>\n"
    for number, item in enumerate(items, 1):
        sides = {side: drawable(item[side]) for side in ("gold", "predicted")}
        for side, drawn in sides.items():
            checked(drawn, f"item {number}, {side}")
        yield _comparison({**item, **sides})
    yield _foot()


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


def _comparison(item: Item) -> str:
    gold, predicted, by_text = item["gold"], item["predicted"], bool(item.get("by_text"))
    left = {kind: _marks(gold, predicted, kind, by_text, "miss") for kind in KINDS}
    right = {kind: _marks(predicted, gold, kind, by_text, "extra") for kind in KINDS}
    lost = "".join(
        f'<p class="lost">Missed, not located in the text: {escape(fact)}</p>' for fact in item.get("lost", ())
    )
    wrong = sum(mark != "hit" for side in (left, right) for marks in side.values() for mark in marks)
    wrong += len(item.get("lost", ()))
    state = "wrong" if wrong else "ok"
    count = "all found" if not wrong else f"{wrong} missed or spurious"
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


def drawable(item: Item) -> Item:
    """The item with all that is drawn: `entities`, which single tags are too, `relations` and `labels`.

    A head and a tail are entities, and their relation goes from the one to the other.
    """
    if "head" in item and "tail" in item:
        spans = [{"label": mark, **item[side]} for mark, side in (("e1", "head"), ("e2", "tail"))]
        relation = {"head": 0, "tail": 1, "label": item["relation"], "score": item.get("score")}
        return {**item, "entities": spans, "relations": [relation], "labels": ()}
    if "rewrite" in item:
        return _drawable_rewrite(item)
    if "bits" in item:
        return _drawable_surprisal(item)
    texts = [str(item[key]) for key in ("text", "first", "second") if key in item]
    spans = item.get("entities", item.get("slots", item.get("tokens", ())))
    kinds = {"entities": spans, "relations": item.get("relations", ()), "labels": item.get("labels", _intent(item))}
    return {**item, "text": "\n".join(texts), **kinds}


def _drawable_surprisal(item: Item) -> Item:
    """The tokens that stand out, each an entity of so many bits, and the bits of the whole text."""
    marked = striking([token["bits"] for token in item["tokens"]])
    found = [token for token, mark in zip(item["tokens"], marked, strict=True) if mark]
    spans = [{**token, "label": f"{token['bits']:.0f} bits"} for token in found]
    return {**item, "entities": spans, "relations": (), "labels": [{"label": f"{item['bits']:.1f} bits"}]}


def _intent(item: Item) -> Sequence[Item]:
    """The intent of a request as its label."""
    return [{"label": item["intent"], "score": item.get("intent_score")}] if item.get("intent") is not None else []


def _drawable_rewrite(item: Item) -> Item:
    """The turns, one a line, and the rewrite behind an arrow with what is new in it marked; its score is a label's.

    Two such labels are the same where the rewrites are.
    """
    before = "\n".join((*item["turns"], "→ "))
    rewrite = str(item["rewrite"])
    new = [
        {"start": len(before) + start, "end": len(before) + end, "text": rewrite[start:end], "label": INSERTED}
        for start, end in new_parts(item["turns"][-1], rewrite)
    ]
    whole = {"label": "rewrite", "key": rewrite, "score": item.get("score")}
    return {**item, "text": before + rewrite, "entities": new, "relations": (), "labels": (whole,)}


def _answer_html(item: Item, marks: Mapping[str, Sequence[str]] | None = None) -> str:
    """The text with what is found in it, and the labels of the whole."""
    statuses = marks["labels"] if marks else [""] * len(item["labels"])
    labels = "".join(map(_label_html, item["labels"], statuses))
    labels += _scope_html(item)
    return graph_html(item, marks) + (f'<p class="labels">{labels}</p>' if labels else "")


def _scope_html(item: Item) -> str:
    """How far a request is out of scope, and whether it was rejected."""
    if "out_of_scope" not in item:
        return ""
    word = " · rejected" if item["rejected"] else ""
    return f'<span class="scope{" rejected" if word else ""}">out of scope {item["out_of_scope"]:.2g}{word}</span>'


def _label_html(label: Item, status: str) -> str:
    word = f' <span class="status">{STATUS_WORDS[status]}</span>' if status in ("miss", "extra") else ""
    score = f" {label['score']:.2f}" if label.get("score") is not None else ""
    name = escape(label["label"])
    return f'<span class="label {status}" style="--h:{hue(label["label"])}">{name}{score}{word}</span>'


def _article_head(item: Item, state: str = "") -> str:
    parts: Sequence[str] = [escape(part) for part in (item.get("source", ""), state) if part]
    return "<header>" + "".join(f"<span>{part}</span>" for part in parts) + "</header>"


def _head(title: str) -> str:
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    # The policy holds the page to its word: nothing is fetched, whatever a text contains.
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
    )


def _foot() -> str:
    script = files(__package__).joinpath("page.js").read_text(encoding="utf-8")
    return f"</main>\n<script>\n{script}</script>\n</body>\n</html>\n"
