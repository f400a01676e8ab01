"""What a user gets of any task, as what a page draws: a text with spans in it, relations between them, and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spanloom.text.edits import new_parts
from spanloom.write.surprisal_tables import STRIKING, striking

Item = Mapping[str, Any]

INSERTED = "inserted"
SURPRISING = f"more than {STRIKING:g} times the mean of its text"
WHOLE = "the whole text"


def drawable(item: Item) -> Item:
    """The item with all that is drawn: `entities`, which single tags are too, `relations` and `labels`.

    A head and a tail are entities, and their relation goes from the one to the other. Where labels differ from fact to
    fact, `kind` is what a legend calls them. An item with an `error` has a text, perhaps an empty one, and no facts.
    """
    if "error" in item:
        return {**item, "text": _text_of(item), "entities": (), "relations": (), "labels": ()}
    if "head" in item and "tail" in item:
        spans = [{"label": mark, **item[side]} for mark, side in (("e1", "head"), ("e2", "tail"))]
        relation = {"head": 0, "tail": 1, "label": item["relation"], "score": item.get("score")}
        return {**item, "entities": spans, "relations": [relation], "labels": ()}
    if "rewrite" in item:
        return _drawable_rewrite(item)
    if "bits" in item:
        return _drawable_surprisal(item)
    spans = item.get("entities", item.get("slots", item.get("tokens", ())))
    kinds = {"entities": spans, "relations": item.get("relations", ()), "labels": item.get("labels", _intent(item))}
    return {**item, "text": _text_of(item), **kinds}


def _text_of(item: Item) -> str:
    """The text, both texts, or the turns, one below the other."""
    texts = [item[key] for key in ("text", "first", "second") if isinstance(item.get(key), str)]
    return "\n".join([*texts, *map(str, item.get("turns", ()))])


def _drawable_surprisal(item: Item) -> Item:
    """The tokens that stand out, each an entity of so many bits, and the bits of the whole text."""
    marked = striking([token["bits"] for token in item["tokens"]])
    found = [token for token, mark in zip(item["tokens"], marked, strict=True) if mark]
    spans = [{**token, "label": f"{token['bits']:.0f} bits", "kind": SURPRISING} for token in found]
    whole = {"label": f"{item['bits']:.1f} bits", "kind": WHOLE}
    return {**item, "entities": spans, "relations": (), "labels": [whole]}


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
