"""One annotated sentence as HTML: highlighted entities, and the list of its triples from which the page draws arcs.

The text is cut into segments wherever an entity starts or ends, so nested and overlapping entities need no nested
elements, and the browser never sees an offset (its strings count UTF-16 units, ours code points).
"""

from __future__ import annotations

import html
import itertools
import re
import zlib
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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

MOST_BARS = 6
"""Bars that fit between two lines; what lies deeper is told by its tag alone."""

# A browser would drop or misread control characters and lone surrogates, and the two overrides turn a text around.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202d\u202e\ud800-\udfff]")


def escape(text: object) -> str:
    """Text for an HTML element or a quoted attribute, with the number of what no page can hold in its place."""
    return html.escape(_UNSHOWABLE.sub(_numbered, str(text)), quote=True)


def _numbered(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def legend_label(fact: Mapping[str, Any]) -> str:
    """What the legend and the filters know a fact by: its label, unless that differs from fact to fact."""
    return str(fact.get("kind", fact["label"]))


def hue(label: str) -> int:
    """The hue of a label in degrees: the same label has the same one on every page."""
    name = label.lower().strip("/").rsplit("/", 1)[-1]
    return HUES.get(name, zlib.crc32(label.encode("utf-8", "replace")) % 24 * 15)


def short_label(label: str) -> str:
    """What an arc shows of a label written as a path: its last part."""
    return label.rstrip("/").rsplit("/", 1)[-1] if label.startswith("/") else label


def refuse_odd_offsets(item: Mapping[str, Any], where: str) -> None:
    """Raise DataError unless every offset is inside the text and every head and tail is an entity."""
    length = len(item["text"])
    for entity in item["entities"]:
        if not 0 <= entity["start"] < entity["end"] <= length:
            found = f"entity {entity['start']}:{entity['end']} is not inside the text of {length} characters"
            raise DataError(where, found, "0 <= start < end <= length", "Give offsets in characters of the text.")
    for relation in item["relations"]:
        for side in ("head", "tail"):
            if not 0 <= relation[side] < len(item["entities"]):
                found = f"{side} {relation[side]} of '{relation['label']}' is no entity"
                expected = f"0 to {len(item['entities']) - 1}" if item["entities"] else "an item with entities"
                raise DataError(where, found, expected, "Give the place of an entity in the item's list.")


def levels(entities: Sequence[Mapping[str, Any]]) -> list[int]:
    """A level for each entity so that no two on one level overlap; the longest come first and lie lowest."""
    chosen = [0] * len(entities)
    for heap in _heaps(entities):
        taken: list[list[tuple[int, int]]] = []  # of each level, in the order of the text
        for index in sorted(heap, key=lambda i: (entities[i]["start"] - entities[i]["end"], i)):
            span = entities[index]["start"], entities[index]["end"]
            chosen[index] = level = next((n for n, spans in enumerate(taken) if _fits(span, spans)), len(taken))
            if level == len(taken):
                taken.append([])
            taken[level].insert(bisect(taken[level], span), span)
    return chosen


def _heaps(entities: Sequence[Mapping[str, Any]]) -> Iterator[list[int]]:
    """Entities that overlap, directly or through others: what is in none of a heap cannot be in its way."""
    heap: list[int] = []
    reach = 0
    for index in sorted(range(len(entities)), key=lambda i: int(entities[i]["start"])):
        if heap and entities[index]["start"] >= reach:
            yield heap
            heap = []
        heap.append(index)
        reach = max(reach, entities[index]["end"])
    if heap:
        yield heap


def _fits(span: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a span overlaps none of these, which stand in the order of the text and do not overlap."""
    place = bisect(spans, span)
    return (not place or spans[place - 1][1] <= span[0]) and (place == len(spans) or span[1] <= spans[place][0])


def relation_names(relations: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What the arcs and the list call each label: the short one, unless two labels share it."""
    labels = {relation["label"] for relation in relations}
    sharing = Counter(map(short_label, labels))
    return {label: short_label(label) if sharing[short_label(label)] == 1 else label for label in labels}


def graph_html(item: Mapping[str, Any], marks: Mapping[str, Sequence[str]] | None = None) -> str:
    """The sentence and its triples. marks: "entities" and "relations" -> a status each, of "hit", "miss", "extra"."""
    entity_marks = marks["entities"] if marks else [""] * len(item["entities"])
    relation_marks = marks["relations"] if marks else [""] * len(item["relations"])
    segments = _segments(item["text"], item["entities"], entity_marks)
    names = relation_names(item["relations"])
    facts = "".join(
        _triple(relation, item["entities"], names[relation["label"]], mark)
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
        style = f"--h:{hue(legend_label(entities[base]))};"
    style += _bars([(level[i], hue(legend_label(entities[i]))) for i in covering if 0 < level[i] <= MOST_BARS])
    classes += sorted({marks[i] for i in covering if marks[i] not in ("", "hit")})
    ending = [i for i in reversed(covering) if entities[i]["end"] == place[1]]  # inner entities first
    tags = "".join(_tag(i, entities[i], level[i], marks[i]) for i in ending)
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


def _tag(number: int, entity: Mapping[str, Any], level: int, mark: str) -> str:
    """The label behind an entity, with all by which the page chooses what to show: number, level, kind and score."""
    word = f" · {STATUS_WORDS[mark]}" if mark in ("miss", "extra") else ""
    about = f'data-i="{number}" data-v="{level}" {chosen_by(entity)} data-l="{escape(entity["label"] + word)}"'
    return f'<i class="tag {mark}" style="--h:{hue(legend_label(entity))}" {about}></i>'


def chosen_by(fact: Mapping[str, Any]) -> str:
    """The attributes by which the page filters facts: kind, and score as it is shown."""
    score = shown_score(fact)
    return f'data-k="{escape(legend_label(fact))}"' + (f' data-s="{score}"' if score else "")


def _title(entity: Mapping[str, Any]) -> str:
    score = shown_score(entity)
    return f"{entity['label']} · {score}" if score else str(entity["label"])


def shown_score(fact: Mapping[str, Any]) -> str:
    """A confidence as it is shown, between 0 and 1; nothing where there is none."""
    score = fact.get("score")
    return "" if score is None else f"{score:.2f}"


def _triple(relation: Mapping[str, Any], entities: Sequence[Mapping[str, Any]], name: str, mark: str) -> str:
    head, tail = relation["head"], relation["tail"]
    status = f'<span class="status">{STATUS_WORDS[mark]}</span>' if mark else ""
    score = shown_score(relation)
    meter = f'<span class="score" style="--v:{100 * relation["score"]:.0f}%">{score}</span>' if score else ""
    whole = f' title="{escape(relation["label"])}"' if name != relation["label"] else ""
    return (
        f'<li class="{mark}" data-head="{head}" data-tail="{tail}" data-short="{escape(name)}" {chosen_by(relation)}>'
        f'<bdi class="arg" style="--h:{hue(legend_label(entities[head]))}">{escape(entities[head]["text"])}</bdi>'
        f'<span class="rel"{whole}>{escape(name)}</span>'
        f'<bdi class="arg" style="--h:{hue(legend_label(entities[tail]))}">{escape(entities[tail]["text"])}</bdi>'
        f'<span class="end">{meter}{status}</span></li>'
    )
