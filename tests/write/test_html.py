from __future__ import annotations

import colorsys
import copy
import itertools
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers import kinds
from spanloom.answers.graph import Graph
from spanloom.answers.relation import relation_to_dict
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span, Text, Token
from spanloom.metrics.scorecard import joint_scorecard
from spanloom.text.marks import read_marks
from spanloom.write.annotated import escape, hue, levels, short_label
from spanloom.write.answer_html import answer_html, without_inline_style
from spanloom.write.html import SCRIPTS, comparison_items, prediction_page, scorecard_page
from tests.write.browser import CHROMIUM, drawn

VOID = {"meta", "input", "br"}


def item(text: str, entities: list[tuple[str, str]], relations: list[tuple[int, int, str]]) -> dict[str, Any]:
    """Entities are (label, surface), found from the left; the same surface again means its next occurrence."""
    found: list[dict[str, Any]] = []
    for label, surface in entities:
        start = text.index(surface, max((e["end"] for e in found if e["text"] == surface), default=0))
        found.append({"start": start, "end": start + len(surface), "label": label, "text": surface, "score": 0.5})
    return {
        "text": text,
        "entities": found,
        "relations": [{"head": h, "tail": t, "label": label, "score": 0.25} for h, t, label in relations],
    }


PLAIN = item(
    "Nora Vik moved from Bodø to Turku and married Eino Salo .",
    [("Person", "Nora Vik"), ("City", "Bodø"), ("City", "Turku"), ("Person", "Eino Salo")],
    [(0, 1, "born_in"), (0, 2, "lives_in"), (0, 3, "spouse"), (3, 0, "spouse"), (0, 1, "left")],
)
NESTED = item(
    "The Port of Turku Authority met",
    [
        ("Organization", "Port of Turku Authority"),
        ("Place", "Port of Turku"),
        ("City", "Turku"),
        ("X", "Turku Authority"),
    ],
    [(0, 2, "in"), (1, 1, "itself")],
)
HOSTILE = item(
    "<script>alert(1)</script> & \"AT&T\" 'x' \x00\x1b[31m </style> end",
    [("<b>\"'", "AT&T"), ("Tag", "<script>")],
    [(0, 1, '"><img src=x onerror=alert(1)>')],
)
WORLD = [
    item(
        "👩‍🚀🚀 王小明在南京市图书馆读书",
        [("人", "王小明"), ("机构", "南京市图书馆"), ("地", "南京市")],
        [(0, 1, "读者")],
    ),
    item("سافرت هدى سالم إلى عمان", [("Person", "هدى سالم"), ("City", "عمان")], [(0, 1, "زار")]),
    item("first line\r\nsecond\tline", [("N", "first line\r\nsecond")], []),
    item("nothing here", [], []),
]
EVERYTHING = [PLAIN, NESTED, HOSTILE, *WORLD]


class Page(HTMLParser):
    """The parsed page: texts of the sentences, tags and triples in order; fails on unbalanced elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.stack: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.tags: list[str | None] = []
        self.segments: list[tuple[str, str]] = []
        self.triples: list[list[str]] = []
        self.articles: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        classes = attributes.get("class") or ""
        if tag in VOID:
            return
        self.stack.append((tag, classes))
        if classes == "text":
            self.texts.append("")
        elif tag == "i":
            self.tags.append(attributes["data-l"])
        elif tag == "li":
            self.triples.append([])
        elif tag == "article":
            self.articles.append(classes)
        elif classes.split(" ")[0] == "e":
            self.segments.append((attributes["data-e"] or "", ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        names = [name for _, name in self.stack]
        if "text" in names:
            self.texts[-1] += data
        if names and names[-1].split(" ")[0] == "e":
            self.segments[-1] = (self.segments[-1][0], self.segments[-1][1] + data)
        if names and names[-1] in ("arg", "rel"):
            self.triples[-1].append(data)


def page_of(items: list[dict[str, Any]]) -> Page:
    return Page("".join(prediction_page(items)))


def test_every_text_entity_and_triple_is_on_the_page() -> None:
    items = [PLAIN, NESTED, *WORLD]
    page = page_of(items)
    assert page.texts == [i["text"] for i in items]
    assert sorted(map(str, page.tags)) == sorted(e["label"] for i in items for e in i["entities"])
    expected = [
        [i["entities"][r["head"]]["text"], r["label"], i["entities"][r["tail"]]["text"]]
        for i in items
        for r in i["relations"]
    ]
    assert page.triples == expected


@pytest.mark.parametrize("one", EVERYTHING, ids=range(len(EVERYTHING)))
def test_segments_of_an_entity_say_its_text(one: dict[str, Any]) -> None:
    page = page_of([one])
    for index, entity in enumerate(one["entities"]):
        said = "".join(text for ids, text in page.segments if str(index) in ids.split(" "))
        assert said == re.sub("[\x00\x1b]", lambda found: f"\\x{ord(found.group()):02x}", entity["text"])


def test_hostile_text_stays_text() -> None:
    page = page_of([HOSTILE])
    assert page.texts == ["<script>alert(1)</script> & \"AT&T\" 'x' \\x00\\x1b[31m </style> end"]
    assert page.tags == ["Tag", "<b>\"'"]
    assert page.triples == [["AT&T", '"><img src=x onerror=alert(1)>', "<script>"]]
    assert [tag for tag, _ in page.elements].count("script") == len(SCRIPTS)
    assert "img" not in [tag for tag, _ in page.elements]
    assert Page("".join(prediction_page([], "<i>title"))).elements[0][0] == "html"


def test_styles_can_be_left_to_a_script() -> None:
    """Nothing but attributes is renamed, whatever a text looks like."""
    one = item('a style="x" b', [("N", 'style="x"')], [(0, 0, ' style="y"')])
    before = answer_html({**one, "labels": ()})
    after = without_inline_style(before)
    named = [[name for _, attributes in Page(piece).elements for name in attributes] for piece in (before, after)]
    assert named[0].count("style") == named[1].count("data-style") == 5
    assert named[1].count("style") == named[0].count("data-style") == 0
    assert after.replace(" data-style=", " style=") == before
    assert Page(after).texts == [one["text"]]


def test_what_no_page_can_hold_is_shown_by_its_number() -> None:
    assert escape("a\x00b\ud800c\x9f<") == "a\\x00b\\ud800c\\x9f&lt;"
    assert escape("pay \u202e001") == "pay \\u202e001"  # it would be read from right to left
    assert escape("tab\tline\n👩‍🚀") == "tab\tline\n👩‍🚀"


def test_the_page_fetches_nothing() -> None:
    html = "".join(prediction_page(EVERYTHING))
    elements = Page(html).elements
    assert not [
        a for _, attributes in elements for a in attributes if a in ("src", "href", "onload", "onerror", "onclick")
    ]
    assert "default-src 'none'" in html
    assert "url(" not in html
    assert "@import" not in html
    assert set(re.findall(r"https?://[^\s\"']+", html)) == {"http://www.w3.org/2000/svg"}  # a name, not an address


def test_scores_are_shown_and_may_be_absent() -> None:
    html = "".join(prediction_page([PLAIN]))
    assert 'title="Person · 0.50"' in html
    assert '<span class="score" style="--v:25%">0.25</span>' in html
    bare = copy.deepcopy(PLAIN)
    for fact in bare["entities"] + bare["relations"]:
        del fact["score"]
    html = "".join(prediction_page([bare]))
    assert 'title="Person"' in html
    assert 'class="score"' not in html


def test_pages_are_streamed() -> None:
    def endless() -> Iterator[dict[str, Any]]:
        yield from itertools.repeat(PLAIN)

    pieces = prediction_page(endless())
    assert sum("<article>" in piece for piece in itertools.islice(pieces, 10)) == 8


def test_bad_offsets_are_named() -> None:
    bad = copy.deepcopy(PLAIN)
    bad["entities"][1]["end"] = 99
    with pytest.raises(DataError, match=r"item 2: entity 20:99 is not inside the text of 57 characters"):
        list(prediction_page([PLAIN, bad]))
    bad = copy.deepcopy(PLAIN)
    bad["relations"][0]["tail"] = 4
    with pytest.raises(DataError, match=r"item 1: tail 4 of 'born_in' is no entity; 0 to 3"):
        list(prediction_page([bad]))


def test_levels_keep_overlapping_entities_apart() -> None:
    spans = [(0, 4), (0, 10), (2, 6), (8, 12), (20, 22)]
    chosen = levels([{"start": a, "end": b} for a, b in spans])
    assert chosen[1] == chosen[4] == 0
    for (a, level_a), (b, level_b) in itertools.combinations(zip(spans, chosen, strict=True), 2):
        assert level_a != level_b or a[1] <= b[0] or b[1] <= a[0]


def test_labels_keep_their_colour_and_paths_their_last_part() -> None:
    assert hue("Person") == hue("PERSON") == hue("/people/person")
    assert hue("Gadget") == hue("Gadget")
    assert all(0 <= hue(f"label {n}") < 360 for n in range(100))
    assert short_label("/people/person/place_of_birth") == "place_of_birth"
    assert short_label("km/h") == "km/h"


def luminance(hue_degrees: int, saturation: float, lightness: float) -> float:
    rgb = colorsys.hls_to_rgb(hue_degrees / 360, lightness / 100, saturation / 100)
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["fill", "tag"])
def test_every_hue_is_legible(name: str, theme: str) -> None:
    """WCAG 2 contrast of 4.5 or more between a highlight and the text on it."""
    css = files("spanloom.write").joinpath("drawing.css").read_text(encoding="utf-8")
    blocks = css.split("prefers-color-scheme: dark")
    block = blocks[0] if theme == "light" else blocks[1]
    colours = {key: tuple(map(float, pair)) for key, *pair in re.findall(r"--([a-z-]+): (\d+)% (\d+)%;", block)}
    for degrees in range(360):
        pair = sorted(luminance(degrees, *colours[key]) for key in (name, f"{name}-ink"))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, degrees


# ---- scorecard -------------------------------------------------------------------------------------------------------


def words(sentence: str) -> Text:
    tokens = [Token(m.group(), m.start(), m.end()) for m in re.finditer(r"\S+", sentence)]
    return Text(sentence, tuple(tokens))


RIGHT = Example(words("Kaja left Riga"), Graph((Span(0, 1, "Person"), Span(2, 3, "City"))), Source("x.json", 4))
WRONG = Example(
    words("Otto left Lima"),
    Graph((Span(0, 1, "Person"), Span(2, 3, "City"))),
    Source("x.json", 7),
    lost=(LostFact("relation", "near", "Oslo -> near -> <Lima>", "not located"),),
)


def show(text: Text, graph: Graph) -> dict[str, Any]:
    entities = [
        {"start": text.characters(s)[0], "end": text.characters(s)[1], "label": s.label, "text": text.surface(s)}
        for s in graph.spans
    ]
    return {"text": text.text, "entities": entities, "relations": []}


def test_gold_beside_predicted_is_marked() -> None:
    answers = [RIGHT.gold, Graph((Span(0, 1, "Person"), Span(2, 3, "River")))]
    card = joint_scorecard([RIGHT, WRONG], answers)
    page = Page("".join(scorecard_page(card, comparison_items([RIGHT, WRONG], answers, show))))
    assert page.articles == ["ok", "wrong"]
    assert page.texts == ["Kaja left Riga"] * 2 + ["Otto left Lima"] * 2
    assert page.tags[4:] == ["Person", "City · missed", "Person", "River · spurious"]
    html = "".join(scorecard_page(card, comparison_items([RIGHT, WRONG], answers, show)))
    assert "x.json:7" in html
    assert "Oslo -&gt; near -&gt; &lt;Lima&gt; (not located)" in html
    assert "3 missed or spurious" in html
    assert "<b>75.0</b>" in html


def test_facts_given_as_text_are_marked_by_text() -> None:
    gold = item("Rome is Rome", [("City", "Rome")], [])
    predicted = item("Rome is Rome", [("City", "Rome"), ("Town", "Rome")], [])
    card = joint_scorecard([RIGHT], [RIGHT.gold])
    both = {"gold": gold, "predicted": predicted, "source": "a:1"}
    assert Page("".join(scorecard_page(card, [{**both, "by_text": True}]))).articles == ["ok"]
    assert Page("".join(scorecard_page(card, [{**both, "by_text": False}]))).articles == ["wrong"]


# ---- in a browser ----------------------------------------------------------------------------------------------------

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH to draw the page")


@needs_chromium
@pytest.mark.parametrize("width", [500, 1000])
def test_the_browser_draws_every_triple_and_none_collide(tmp_path: Path, width: int) -> None:
    """Two relations from one entity to the same other are one arc with both names; all others have their own."""
    dom = drawn("".join(prediction_page([PLAIN, NESTED, *WORLD[:2]])), tmp_path, width)
    for one, article in zip([PLAIN, NESTED, *WORLD[:2]], dom.split("<article>")[1:], strict=True):
        arcs = re.findall(r'(?s)<g class="arc ?">(.*?)</g>', article)
        ends: dict[tuple[int, int], list[str]] = {
            (relation["head"], relation["tail"]): [] for relation in one["relations"]
        }
        for relation in one["relations"]:
            ends[relation["head"], relation["tail"]].append(relation["label"])
        assert [re.findall(r"<text [^>]*>([^<]*)<title>", arc) for arc in arcs] == list(ends.values())
        flats = [flat for arc in arcs for flat in horizontals(arc)]
        assert len(flats) >= len(arcs)
        for (y, left, right), (other, low, high) in itertools.combinations(flats, 2):
            assert y != other or right <= low or high <= left
        feet = [(x, y) for arc in arcs for x, y in re.findall(r'<circle class="root" cx="([^"]*)" cy="([^"]*)"', arc)]
        feet += [place for arc in arcs for place in re.findall(r'class="tip" d="M([\d.-]+) ([\d.-]+)l', arc)]
        assert len(feet) == len(set(feet)) == 2 * len(arcs), "no end of an arc hides another"


def horizontals(arc: str) -> list[tuple[float, float, float]]:
    """(y, left, right) of each arc's level part."""
    found = []
    for d in re.findall(r'<path d="([^"]*)"', arc):
        level = re.fullmatch(r"M([\d.-]+) ([\d.-]+)(?:V[\d.-]+Q[\d.-]+ ([\d.-]+) [\d.-]+ [\d.-]+)?H([\d.-]+).*", d)
        assert level is not None, d
        left, foot, top, right = level.groups()
        found.append((float(top or foot), float(left), float(right)))
    return found


def test_single_tags_and_labels_are_drawn_too() -> None:
    tagged = {"text": "Ulm lies", "tokens": [{"start": 0, "end": 3, "text": "Ulm", "label": "NOUN", "score": 0.5}]}
    pair = {"first": "One <b>", "second": "Two", "labels": [{"label": "same", "score": 0.25}]}
    page = "".join(
        [*prediction_page([tagged], draw=kinds()["tags"].draw), *prediction_page([pair], draw=kinds()["label"].draw)]
    )
    assert 'data-l="NOUN"' in page
    assert "One &lt;b&gt;\nTwo" in page
    assert re.search(r'<span class="label " style="--h:\d+" data-k="same" data-s="0.25">same 0.25</span>', page)


def test_two_related_spans_are_drawn_with_an_arc_from_head_to_tail() -> None:
    item = read_marks("The <e2>dam</e2> broke the <e1>mill</e1>.", "x")
    gold, predicted = (
        relation_to_dict(item, Relation(item.head, item.tail, label, 0.5)) for label in ("broke(e2,e1)", "Other")
    )
    draw = kinds()["relation"].draw
    page = "".join(prediction_page([gold], draw=draw))
    assert re.findall(r'data-l="(\w+)"', page) == ["e2", "e1"]
    assert '<li class="" data-head="0" data-tail="1" data-short="broke(e2,e1)" data-k="broke(e2,e1)"' in page
    page = "".join(scorecard_page(PLAIN_CARD, [{"gold": gold, "predicted": predicted}], draw=draw))
    assert "2 missed or spurious" in page
    assert '<li class="miss" data-head="0" data-tail="1" data-short="broke(e2,e1)" data-k="broke(e2,e1)"' in page


def test_a_wrong_label_is_marked_on_both_sides() -> None:
    item = {"gold": {"text": "A", "labels": [{"label": "x"}]}, "predicted": {"text": "A", "labels": [{"label": "y"}]}}
    page = "".join(scorecard_page(PLAIN_CARD, [item]))
    assert 'class="label miss"' in page
    assert 'class="label extra"' in page
    assert "1 missed or spurious" not in page
    assert "2 missed or spurious" in page
    assert "<span>Accuracy</span><b>50.0</b><span>95% between 25.0 and 80.0</span>" in page
    assert "<td>x</td><td>y</td><td>1</td>" in page


PLAIN_CARD = {
    "size": {"examples": 2},
    "overall": {"Accuracy": {"precision": 0.5, "recall": 0.5, "f1": 0.5, "interval": [0.25, 0.8]}},
    "labels": {"Classes": {"x": {"precision": 0.5, "recall": 1.0, "f1": 0.667, "predicted": 2, "gold": 1}}},
    "breakdown": {},
    "errors": {"types": {}, "confusions": [{"gold": "x", "predicted": "y", "count": 1}]},
}


def test_a_rewrite_is_drawn_with_what_is_new_in_it() -> None:
    item = {"turns": ["The <mill>", "Is it far?"], "rewrite": "Is the mill far?", "score": 0.25}
    page = "".join(prediction_page([item], draw=kinds()["rewrite"].draw))
    assert "The &lt;mill&gt;\nIs it far?\n→ Is " in page
    assert re.search(r'class="[^"]*fill[^"]*"[^>]*>the mill<', page)
    assert re.search(r'<span class="label " style="--h:\d+" data-k="rewrite" data-s="0.25">rewrite 0.25</span>', page)


@pytest.mark.parametrize(("predicted", "wrong"), [("far?", True), ("Is it far?", False)])
def test_a_rewrite_that_only_deletes_is_compared_as_a_whole(predicted: str, wrong: bool) -> None:
    sides = {
        name: {"turns": ["Is it far?"], "rewrite": text}
        for name, text in (("gold", "Is it far?"), ("predicted", predicted))
    }
    card = {**PLAIN_CARD, "overall": {"BLEU-4": {"value": 0.75, "interval": [0.5, 0.8]}}}
    page = "".join(scorecard_page(card, [sides], draw=kinds()["rewrite"].draw))
    assert ('class="label miss"' in page) == wrong
    assert "<span>BLEU-4</span><b>75.0</b><span>95% between 50.0 and 80.0</span>" in page
