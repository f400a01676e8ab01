"""Pages: what they are of, what can be chosen on them, how wide they are, and what a hostile text does to them."""

from __future__ import annotations

import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers import kind_of, kinds
from spanloom.run.cli import main
from spanloom.tasks import find_task
from spanloom.write.annotated import levels, relation_names
from spanloom.write.html import SCRIPTS, prediction_page, scorecard_page
from spanloom.write.overview import Provenance
from tests.write.browser import CHROMIUM, drawn

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH to draw the page")

HOSTILE = "</script></title></style>\"'><img src=x onerror=alert(1)>"
"""Leaves whatever it may stand in: an attribute, the title, the styles, a script."""


def span(start: int, end: int, label: str, score: float | None = 0.5, text: str = "") -> dict[str, Any]:
    return {"start": start, "end": end, "label": label, "text": text, "score": score}


def graph(text: str, entities: list[dict[str, Any]], *relations: tuple[int, int, str, float]) -> dict[str, Any]:
    found = [{**entity, "text": text[entity["start"] : entity["end"]]} for entity in entities]
    return {
        "text": text,
        "entities": found,
        "relations": [{"head": h, "tail": t, "label": label, "score": score} for h, t, label, score in relations],
    }


ADA = graph("Ada knows Bo in Ulm", [span(0, 3, "P", 0.9), span(10, 12, "P", 0.4), span(16, 19, "C", 0.8)])
ADA["relations"] = [
    {"head": 0, "tail": 1, "label": "/people/person/knows", "score": 0.6},
    {"head": 0, "tail": 1, "label": "/people/person/greets", "score": 0.3},
]
CY = graph("Cy sleeps", [span(0, 2, "P", 0.2)])
CARD = {
    "size": {"examples": 2},
    "overall": {"Accuracy": {"precision": 0.5, "recall": 0.5, "f1": 0.5, "interval": [0.25, 0.8]}},
    "labels": {
        "Classes": {"a rather long label": {"precision": 0.5, "recall": 1.0, "f1": 0.667, "predicted": 2, "gold": 1}}
    },
    "breakdown": {},
    "errors": {"types": {}, "confusions": []},
}


class Elements(HTMLParser):
    """The elements of a page, the text that can be read, and the title."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.text: dict[str, str] = {}
        self._open = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self._open = tag
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text[self._open] = self.text.get(self._open, "") + data


# ---- heavy -----------------------------------------------------------------------------------------------------------


def many(words: int) -> dict[str, Any]:
    entities = [span(3 * place, 3 * place + 2, "N", text="ab") for place in range(0, words, 2)]
    relations = [{"head": i, "tail": i + 1, "label": "r", "score": 0.5} for i in range(0, len(entities) - 1, 5)]
    return {"text": "ab " * words, "entities": entities, "relations": relations}


def seconds(words: int) -> float:
    item, best = many(words), float("inf")
    for _ in range(3):
        began = time.process_time()
        "".join(prediction_page([item]))
        best = min(best, time.process_time() - began)
    return best


def test_four_times_the_entities_take_four_times_the_time() -> None:
    assert seconds(40_000) < 8 * seconds(10_000)


@pytest.mark.parametrize("step", [1, 3], ids=["chained", "apart"])
def test_levels_look_at_no_more_than_they_must(step: int) -> None:
    """Counted, not timed: how often a place of an entity is asked for."""

    class Counting(dict[str, int]):
        asked = 0

        def __getitem__(self, key: str) -> int:
            Counting.asked += 1
            return super().__getitem__(key)

    def asked(number: int) -> int:
        Counting.asked = 0
        chosen = levels([Counting(start=i * step, end=i * step + 2) for i in range(number)])
        assert set(chosen) == ({0, 1} if step == 1 else {0})
        return Counting.asked

    assert asked(4_000) <= 2 * asked(2_000) + 100


# ---- what a page says of itself --------------------------------------------------------------------------------------


def test_a_page_says_what_it_is_of_and_how_much_is_on_it() -> None:
    failed = {"text": "Di", "error": "text 3: not a string; expected <text>"}
    provenance = Provenance("small-model", "people.txt", "2026-11-27")
    page = "".join(prediction_page([ADA, CY, failed, {"error": "no text at all"}], provenance=provenance))
    assert "<title>Predictions · small-model · people.txt</title>" in page
    for name, value in (("Model", "small-model"), ("Data", "people.txt"), ("Date", "2026-11-27")):
        assert f"<span>{name}: <b>{value}</b></span>" in page
    assert '4 texts, 4 spans, 2 relations, <b class="failures">2 not answered</b>' in page
    assert page.count('<article class="failed">') == 2
    assert '<p class="error"><b>Not answered.</b> text 3: not a string; expected &lt;text&gt;</p>' in page
    legend = re.findall(r'data-kind="(\w+)" value="([^"]*)"><span class="swatch"></span>([^<]*) <small>(\d+)', page)
    assert legend == [
        ("entities", "P", "P", "3"),
        ("entities", "C", "C", "1"),
        ("relations", "/people/person/greets", "greets", "1"),
        ("relations", "/people/person/knows", "knows", "1"),
    ]
    assert "<title>Predictions</title>" in "".join(prediction_page([CY]))


def test_one_of_each_is_no_plural() -> None:
    page = "".join(prediction_page([graph("Ada Bo", [span(0, 3, "P"), span(4, 6, "P")], (0, 1, "knows", 0.5))]))
    assert "1 text, 2 spans, 1 relation<" in page


def test_every_control_has_a_name() -> None:
    page = "".join(scorecard_page(CARD, [{"gold": ADA, "predicted": CY | {"text": ADA["text"]}, "source": "a:1"}]))
    inputs = re.findall(r"<input [^>]*>", page)
    assert len(inputs) == 8
    for control in inputs:
        place = page.index(control)
        opened = page.rfind("<label", 0, place) > page.rfind("</label>", 0, place)
        assert opened or 'id="only"' in control
    assert '<label class="filter" for="only">' in page


def test_a_list_and_its_arcs_call_a_relation_alike() -> None:
    assert relation_names(ADA["relations"]) == {
        "/people/person/knows": "knows",
        "/people/person/greets": "greets",
    }
    clash = [{"label": "/a/capital"}, {"label": "/b/capital"}, {"label": "/b/near"}]
    assert relation_names(clash) == {"/a/capital": "/a/capital", "/b/capital": "/b/capital", "/b/near": "near"}
    page = "".join(prediction_page([ADA]))
    listed = re.findall(r'data-short="([^"]*)".*?<span class="rel" title="([^"]*)">([^<]*)</span>', page)
    assert listed == [
        ("knows", "/people/person/knows", "knows"),
        ("greets", "/people/person/greets", "greets"),
    ]


def test_gold_beside_predicted_has_a_legend_with_counts() -> None:
    predicted = {**ADA, "entities": [*ADA["entities"][:2], {**ADA["entities"][2], "label": "X"}]}
    page = "".join(scorecard_page(CARD, [{"gold": ADA, "predicted": predicted, "lost": ["Ed (not located)"]}]))
    legend = re.findall(r'<span class="sample (\w+)">(\w+)</span> <b>(\d+)</b> <span>([^<]*)<', page)
    assert legend == [
        ("hit", "found", "4", "in gold and predicted"),
        ("miss", "missed", "2", "in gold, not predicted"),
        ("extra", "spurious", "1", "predicted, not in gold"),
    ]
    assert "1 example, 3 spans, 2 relations in gold" in page


ANSWERS = {
    "joint": ADA,
    "tag": {"text": "Ulm lies", "tokens": [span(0, 3, "NOUN", text="Ulm")]},
    "classify": {"first": "One", "second": "Two", "labels": [{"label": "same", "score": 0.25}]},
    "relation": {
        "text": "The dam broke",
        "head": {"start": 4, "end": 7, "text": "dam"},
        "tail": {"start": 8, "end": 13, "text": "broke"},
        "relation": "Cause",
        "score": 0.5,
    },
    "intent_slot": {"text": "fly to Bern", "intent": "Fly", "intent_score": 0.75, "slots": [span(7, 11, "city", 0.5)]},
    "rewrite": {"turns": ["The mill", "Is it far?"], "rewrite": "Is the mill far?", "score": 0.25},
    "language_model": {
        "text": "a b c zymurgy",
        "bits": 22.0,
        "tokens": [
            {"start": 2 * place, "end": 2 * place + 1, "text": letter, "bits": 1.0}
            for place, letter in enumerate("abc")
        ]
        + [{"start": 6, "end": 13, "text": "zymurgy", "bits": 19.0}],
    },
}


def hostile(value: Any) -> Any:
    """Every text of an item with markup behind it, which changes no offset."""
    if isinstance(value, dict):
        return {key: hostile(part) for key, part in value.items()}
    if isinstance(value, list):
        return [hostile(part) for part in value]
    return value + HOSTILE if isinstance(value, str) else value


@pytest.mark.parametrize("task", ANSWERS)
def test_markup_stays_text_whatever_the_answer(task: str) -> None:
    provenance = Provenance(HOSTILE, HOSTILE, HOSTILE)
    item = hostile(ANSWERS[task]) | {"source": HOSTILE}
    draw = kind_of(find_task(task).answer()).draw
    plain = Elements("".join(prediction_page([ANSWERS[task]], draw=draw, provenance=Provenance("m", "d", "t"))))
    failed = {"text": HOSTILE, "error": HOSTILE}
    page = Elements("".join(prediction_page([item, failed], HOSTILE, draw=draw, provenance=provenance)))
    assert page.names.count("script") == len(SCRIPTS)
    assert "img" not in page.names
    assert page.names.count("style") == page.names.count("title") == 1
    assert set(page.names) == set(plain.names)
    assert page.text["title"].rstrip("\n") == " · ".join([HOSTILE] * 3)
    sides = {"gold": item, "predicted": item, "lost": [HOSTILE]}
    report = Elements("".join(scorecard_page(CARD, [sides], draw=draw, provenance=provenance)))
    assert "img" not in report.names
    assert report.names.count("script") == len(SCRIPTS)


def test_the_legend_of_surprise_has_one_entry_for_all_that_stands_out() -> None:
    page = "".join(prediction_page([ANSWERS["language_model"]], draw=kinds()["surprisal"].draw))
    assert re.findall(r'data-kind="(\w+)" value="([^"]*)"', page) == [
        ("entities", "more than 2 times the mean of its text"),
        ("labels", "the whole text"),
    ]
    assert "19 bits" in page


def test_control_characters_can_be_seen() -> None:
    page = "".join(
        prediction_page([graph("bell\x07 \x1b[31mred\x7f", [span(0, 5, "a\x00")])], provenance=Provenance("m\x1b"))
    )
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", page)
    assert r"\x1b[31mred\x7f" in page
    assert r"bell\x07" in page
    assert r'data-l="a\x00"' in page
    assert r"<b>m\x1b</b>" in page


def test_predict_and_evaluate_say_model_file_and_day(tmp_path: Path) -> None:
    texts = tmp_path / "people.txt"
    texts.write_text("Ada knows Bo .\n", encoding="utf-8")
    page = tmp_path / "page.html"
    assert main(["predict", "--input", str(texts), "--output", str(page)]) == 0
    html = page.read_text(encoding="utf-8")
    assert "Model: <b>the bundled model</b>" in html
    assert "Data: <b>people.txt</b>" in html
    assert re.search(r"Date: <b>\d{4}-\d\d-\d\d</b>", html)
    assert str(tmp_path) not in html


# ---- in a browser ----------------------------------------------------------------------------------------------------


@needs_chromium
@pytest.mark.parametrize("width", [390, 1280])
def test_a_report_fits_its_screen_and_its_first_column_can_be_read(tmp_path: Path, width: int) -> None:
    pair = {"gold": ADA, "predicted": CY | {"text": ADA["text"]}, "source": "people.txt:1"}
    measure = """
      for (const part of document.querySelectorAll("details")) part.open = true;
      const cell = document.querySelector("td").getBoundingClientRect(), root = document.documentElement;
      document.title = JSON.stringify({ cell: [cell.width, cell.height], over: root.scrollWidth - root.clientWidth });
    """
    page = "".join(scorecard_page(CARD, [pair], provenance=Provenance("m", "people.txt", "2026-11-27")))
    # A headless window is no narrower than 500, so a phone is a frame in it.
    framed = f'<iframe id="f" width="{width}" height="900"></iframe>'
    (tmp_path / "inner.html").write_text(
        page.replace("</body>", f"<script>{measure}</script></body>"), encoding="utf-8"
    )
    outer = f"<body>{framed}</body>"
    look = """
      const frame = document.getElementById("f");
      frame.onload = () => { document.title = frame.contentDocument.title; };
      frame.src = "inner.html";
    """
    dom = drawn(outer, tmp_path, 1400, "--allow-file-access-from-files", script=look)
    found = json.loads(re.search(r"<title>(.*?)</title>", dom).group(1))  # type: ignore[union-attr]
    assert found["over"] <= 0
    assert found["cell"][0] >= 100
    assert found["cell"][1] <= 70, "the label stands on two lines at most"


@needs_chromium
def test_words_labels_and_scores_choose_what_is_shown(tmp_path: Path) -> None:
    steps = """
      const told = [], at = name => document.querySelector(name);
      const shown = () => [...document.querySelectorAll("main article")].map(article => article.hidden ? "" : [
        [...article.querySelectorAll(".tag")].filter(tag => !tag.hidden).map(tag => tag.dataset.l).join(""),
        [...article.querySelectorAll("li")].filter(item => !item.hidden).map(item => item.dataset.short).join(" "),
        [...article.querySelectorAll(".arc text")].map(name => name.firstChild.data).join(" ")].join("|"));
      const change = (node, property, value) => {
        node[property] = value;
        node.dispatchEvent(new Event("input", { bubbles: true }));
      };
      const wait = () => new Promise(done => setTimeout(done, 60));
      addEventListener("load", async () => {
        await wait();
        const step = async (name, node, property, value, back) => {
          change(node, property, value);
          await wait();
          told.push([name, shown(), at("#shown").value]);
          change(node, property, back);
        };
        told.push(["all", shown(), at("#shown").value]);
        await step("search", at("#find"), "value", "CY SL", "");
        await step("search names", at("#find"), "value", "greets", "");
        await step("score", at("#least"), "value", "0.5", "0");
        await step("label", at('.key input[value="C"]'), "checked", true, false);
        await step("relation", at('.key input[value="/people/person/greets"]'), "checked", true, false);
        change(at("#find"), "value", "nowhere");
        at("form").reset();
        await wait();
        told.push(["reset", shown(), at("#shown").value]);
        const names = [...document.querySelectorAll(".overview, main")].map(node => node.className || node.tagName);
        document.title = JSON.stringify([told, names]);
      });
    """
    dom = drawn("".join(prediction_page([ADA, CY])), tmp_path, 1000, script=steps)
    told, names = json.loads(re.search(r"<title>(.*?)</title>", dom).group(1))  # type: ignore[union-attr]
    both = ["PPC|knows greets|knows greets", "P||"]
    assert told == [
        ["all", both, ""],
        ["search", ["", "P||"], "1 of 2 shown"],
        ["search names", [both[0], ""], "1 of 2 shown"],
        ["score", ["PPC|knows|knows", ""], "1 of 2 shown"],  # Bo, of a lower score, is what Ada knows
        ["label", ["C||", ""], "1 of 2 shown"],
        ["relation", ["PP|greets|greets", ""], "1 of 2 shown"],
        ["reset", both, ""],
    ]
    assert names == ["overview", "MAIN"], "the keyboard comes to the controls before the texts"


@needs_chromium
def test_arcs_that_are_not_in_each_others_way_share_a_level(tmp_path: Path) -> None:
    text = "A0 B0 ................ C0 D0 ................ E0 F0"
    places = [(text.index(name), text.index(name) + 2) for name in ("A0", "B0", "C0", "D0", "E0", "F0")]
    relations = [(0, 1, "r", 0.5), (2, 3, "r", 0.5), (4, 5, "r", 0.5), (0, 5, "long", 0.5), (0, 1, "s", 0.5)]
    item = graph(text, [span(start, end, "N") for start, end in places], *relations, (1, 0, "back", 0.5))
    dom = drawn("".join(prediction_page([item])), tmp_path, 1200)
    heights = {
        name: {float(y) for y in re.findall(rf'<text x="[\d.-]+" y="([\d.-]+)">{name}<', dom)}
        for name in ("r", "s", "long", "back")
    }
    assert len(heights["r"]) == 1, "three apart from one another"
    assert heights["s"] == heights["r"], "two from A0 to B0 are one arc with two names"
    assert max(heights["long"]) < max(heights["back"]) < max(heights["r"])
    assert dom.count('<g class="arc ">') == 5


@needs_chromium
def test_the_direction_of_a_text_is_looked_up_once(tmp_path: Path) -> None:
    """Left to be found out, it is again at each word that is wrapped, from the start of the text."""
    right_to_left = graph("سافرت هدى إلى عمان", [span(6, 9, "P"), span(14, 18, "C")], (0, 1, "r", 0.5))
    page = "".join(prediction_page([ADA, right_to_left]))
    assert page.count('<p class="text" dir="auto">') == 2
    dom = drawn(page, tmp_path, 1000)
    assert re.findall(r'<p class="text" dir="(\w+)" data-words="1">', dom) == ["ltr", "rtl"]
