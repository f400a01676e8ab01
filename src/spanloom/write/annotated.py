"""One annotated sentence as HTML: highlighted entities, and the list of its triples from which the page draws arcs.

The text is cut into segments wherever an entity starts or ends, so nested and overlapping entities need no nested
elements, and the browser never sees an offset (its strings count UTF-16 units, ours code points).
"""

from __future__ import annotations

import html
import itertools
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from spanloom.errors import DataError

HUES = {
    **dict.fromkeys(("person", "per", "peop", "people"), 212),
    **dict.fromkeys(("location", "loc", "place", "city", "country", "gpe"), 150),
    **dict.fromkeys(("organization", "organisation", "org", "company"), 275),
    **dict.fromkeys(("other", "misc"), 38),
    **dict.fromkeys(("date", "time"), 345),
    "entity": 200,
}
STATUS_WORDS = {"hit": "found", "miss": "missed", "extra": "spurious"}

# Control characters and lone surrogates have no place in a page; a browser would drop or misread them.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def escape(text: object) -> str:
    """Text for an HTML element or a quoted attribute; what no page can hold becomes U+FFFD."""
    return html.escape(_UNSHOWABLE.sub("\ufffd", str(text)), quote=True)


def hue(label: str) -> int:
    """The hue of a label in degrees: the same label has the same one on every page."""
    name = label.lower().strip("/").rsplit("/", 1)[-1]
    return HUES.get(name, zlib.crc32(label.encode("utf-8", "replace")) % 24 * 15)


def short_label(label: str) -> str:
    """What an arc shows of a label written as a path: its last part."""
    return label.rstrip("/").rsplit("/", 1)[-1] if label.startswith("/") else label


def checked(item: Mapping[str, Any], where: str) -> None:
    """Raise DataError unless every offset is inside the text and every head and tail is an entity."""
    length = len(item["text"])
    for entity in item["entities"]:
        if not 0 <= entity["start"] < entity["end"] <= length:
            found = f"entity {entity['start']}:{entity['end']} is not inside the text of {length} characters"
            raise DataError(where, found, "0 <= start < end <= length")
    for relation in item["relations"]:
        for side in ("head", "tail"):
            if not 0 <= relation[side] < len(item["entities"]):
                found = f"{side} {relation[side]} of '{relation['label']}' is no entity"
                raise DataError(where, found, f"0 to {len(item['entities']) - 1}")


def levels(entities: Sequence[Mapping[str, Any]]) -> list[int]:
    """A level for each entity so that no two on one level overlap; the longest come first and lie lowest."""
    chosen = [0] * len(entities)
    taken: list[list[tuple[int, int]]] = []
    for index in sorted(range(len(entities)), key=lambda i: (entities[i]["start"] - entities[i]["end"], i)):
        start, end = entities[index]["start"], entities[index]["end"]
        free = (n for n, spans in enumerate(taken) if all(end <= a or b <= start for a, b in spans))
        chosen[index] = level = next(free, len(taken))
        if level == len(taken):
            taken.append([])
        taken[level].append((start, end))
    return chosen


def graph_html(item: Mapping[str, Any], marks: Mapping[str, Sequence[str]] | None = None) -> str:
    """The sentence and its triples. marks: "entities" and "relations" -> a status each, of "hit", "miss", "extra"."""
    entity_marks = marks["entities"] if marks else [""] * len(item["entities"])
    relation_marks = marks["relations"] if marks else [""] * len(item["relations"])
    segments = _segments(item["text"], item["entities"], entity_marks)
    facts = "".join(
        _triple(relation, item["entities"], mark)
        for relation, mark in zip(item["relations"], relation_marks, strict=True)
    )
    triples = f'<ul class="triples">{facts}</ul>' if facts else ""
    return f'<div class="graph"><div class="canvas"><p class="text" dir="auto">{segments}</p></div>{triples}</div>'


def _segments(text: str, entities: Sequence[Mapping[str, Any]], marks: Sequence[str]) -> str:
    level = levels(entities)
    cuts = sorted({0, len(text), *(e["start"] for e in entities), *(e["end"] for e in entities)})
    starting: dict[int, list[int]] = {}
    for index, entity in enumerate(entities):
        starting.setdefault(entity["start"], []).append(index)
    covering: list[int] = []
    pieces = []
    for start, end in itertools.pairwise(cuts):
        covering = [i for i in covering if entities[i]["end"] > start] + starting.get(start, [])
        piece = escape(text[start:end])
        pieces.append(_segment(piece, (start, end), sorted(covering, key=level.__getitem__), entities, level, marks))
    return "".join(pieces)


def _segment(
    piece: str,
    place: tuple[int, int],
    covering: Sequence[int],
    entities: Sequence[Mapping[str, Any]],
    level: Sequence[int],
    marks: Sequence[str],
) -> str:
    if not covering:
        return piece
    base = covering[0] if level[covering[0]] == 0 else None
    classes, style = ["e"], ""
    if base is not None:
        classes += ["fill", *(["first"] if entities[base]["start"] == place[0] else [])]
        classes += ["last"] if entities[base]["end"] == place[1] else []
        style = f"--h:{hue(entities[base]['label'])};"
    style += _bars([(level[i], hue(entities[i]["label"])) for i in covering if level[i]])
    classes += sorted({marks[i] for i in covering if marks[i] not in ("", "hit")})
    ending = [i for i in reversed(covering) if entities[i]["end"] == place[1]]  # inner entities first
    tags = "".join(_tag(entities[i], marks[i]) for i in ending)
    title = escape("\n".join(_title(entities[i]) for i in covering))
    ids = " ".join(map(str, covering))
    return f'<span class="{" ".join(classes)}" data-e="{ids}" style="{style}" title="{title}">{piece}{tags}</span>'


def _bars(inner: Sequence[tuple[int, int]]) -> str:
    """A box-shadow that underlines the segment once for each nested or overlapping entity, one below the other."""
    if not inner:
        return ""
    hues = dict(inner)
    layers = []
    for level in range(1, max(hues) + 1):
        colour = f"hsl({hues[level]} var(--bar))" if level in hues else "var(--page)"
        layers += [f"0 {3 * level - 2}px var(--page)", f"0 {3 * level}px {colour}"]
    return f"box-shadow:{','.join(layers)};"


def _tag(entity: Mapping[str, Any], mark: str) -> str:
    word = f" · {STATUS_WORDS[mark]}" if mark in ("miss", "extra") else ""
    return f'<i class="tag {mark}" style="--h:{hue(entity["label"])}" data-l="{escape(entity["label"] + word)}"></i>'


def _title(entity: Mapping[str, Any]) -> str:
    return f"{entity['label']}{_score(entity, ' · ')}"


def _score(fact: Mapping[str, Any], before: str = "") -> str:
    score = fact.get("score")
    return "" if score is None else f"{before}{score:.2f}"


def _triple(relation: Mapping[str, Any], entities: Sequence[Mapping[str, Any]], mark: str) -> str:
    head, tail = relation["head"], relation["tail"]
    label = relation["label"]
    status = f'<span class="status">{STATUS_WORDS[mark]}</span>' if mark else ""
    score = _score(relation)
    meter = f'<span class="score" style="--v:{100 * relation["score"]:.0f}%">{score}</span>' if score else ""
    return (
        f'<li class="{mark}" data-head="{head}" data-tail="{tail}" data-short="{escape(short_label(label))}">'
        f'<bdi class="arg" style="--h:{hue(entities[head]["label"])}">{escape(entities[head]["text"])}</bdi>'
        f'<span class="rel">{escape(label)}</span>'
        f'<bdi class="arg" style="--h:{hue(entities[tail]["label"])}">{escape(entities[tail]["text"])}</bdi>'
        f'<span class="end">{meter}{status}</span></li>'
    )
