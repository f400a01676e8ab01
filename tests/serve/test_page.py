"""The page at `/` in a real browser, at a real service: it shows what the service answers, and filters it by itself."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.serve.browsing import Visit
from tests.serve.process import Server

TEXT = "Nora Lind founded Fjordlys in Bergen in 2011. The company is led by her brother Jonas Lind."
Visits = Callable[..., Visit]
Triple = tuple[str, str, str]

SPANS = """() => {
  const found = {};
  for (const segment of document.querySelectorAll("#view-text .e:not(.off)"))
    for (const id of segment.dataset.e.split(" ")) found[id] = (found[id] || "") + segment.textContent;
  const tags = [...document.querySelectorAll("#view-text .tag")].filter(tag => !tag.hidden);
  return tags.map(tag => [found[tag.dataset.i], tag.dataset.l]);
}"""
TRIPLES = """() => [...document.querySelectorAll("#view-text .triples > li")].filter(item => !item.hidden)
  .map(item => [...item.querySelectorAll(".arg, .rel")].map(part => part.textContent))"""
ARCS = "() => [...document.querySelectorAll('#view-text svg text')].map(name => name.firstChild.data)"


def spans(answer: dict[str, Any]) -> list[list[str]]:
    return sorted([item["text"], item["label"]] for item in answer["entities"])


def triples(answer: dict[str, Any]) -> list[list[str]]:
    names = [item["text"] for item in answer["entities"]]
    return sorted([names[item["head"]], item["label"], names[item["tail"]]] for item in answer["relations"])


def seen(visit: Visit) -> tuple[list[list[str]], list[list[str]], list[str]]:
    """The spans, the triples and the names of the arcs that a person sees now."""
    found: list[Any] = [sorted(visit.page.evaluate(script)) for script in (SPANS, TRIPLES, ARCS)]
    return found[0], found[1], found[2]


def expected(answer: dict[str, Any]) -> tuple[list[list[str]], list[list[str]], list[str]]:
    """The same of an answer of the service."""
    return spans(answer), triples(answer), sorted(item["label"] for item in answer["relations"])


def settled(visit: Visit) -> None:
    """Waits for what is drawn a moment after a change."""
    visit.page.evaluate("() => new Promise(done => setTimeout(() => requestAnimationFrame(done), 60))")


@pytest.fixture
def joint(visit: Visits, server: Server) -> Visit:
    """A visit at the model of relations, which was asked for the text."""
    there = visit(server)
    there.open(model="joint")
    there.ask(TEXT)
    return there


def test_spans_are_marked_and_relations_are_arcs(joint: Visit, server: Server) -> None:
    answer = server.predict(TEXT, model="joint").body["answer"]
    assert seen(joint) == expected(answer)
    assert min(map(len, expected(answer))) >= 3
    assert joint.page.locator("#view-text .text").text_content() == TEXT
    counts = f"{len(answer['entities'])} spans, {len(answer['relations'])} relations in 1 text · joint "
    assert joint.told().startswith(counts)
    assert len(joint.page.locator("#view-text .arc path.tip").all()) == len(answer["relations"])


def test_the_threshold_shows_what_the_service_would_say_and_asks_nobody(joint: Visit, server: Server) -> None:
    asked = joint.api()
    counts = set()
    for threshold in (0.6, 0.9, 0.96, 0.97, 1, 0):
        joint.page.locator("#threshold").fill(str(threshold))
        settled(joint)
        shown = seen(joint)
        assert shown == expected(server.predict(TEXT, model="joint", threshold=threshold).body["answer"]), threshold
        counts.add((len(shown[0]), len(shown[1])))
        assert joint.page.locator("#threshold-shown").inner_text() == f"{threshold:.2f}"
    assert len(counts) >= 4, "the thresholds make a difference"
    assert joint.api() == asked


def test_labels_are_switched_off_and_on(joint: Visit, server: Server) -> None:
    """A relation goes with its spans; what is switched off can still be had as JSON."""
    answer = server.predict(TEXT, model="joint").body["answer"]
    asked = joint.api()
    person = joint.page.get_by_role("group", name="Spans").get_by_role("checkbox", name="person 2")
    person.uncheck()
    settled(joint)
    people = {item["text"] for item in answer["entities"] if item["label"] == "person"}
    left = [item for item in triples(answer) if not people & {item[0], item[2]}]
    assert left
    assert left != triples(answer)
    assert seen(joint) == (
        [item for item in spans(answer) if item[1] != "person"], left, sorted(item[1] for item in left)
    )  # fmt: skip
    person.check()
    joint.page.get_by_role("group", name="Relations").get_by_role("checkbox", name="founded by 1").uncheck()
    settled(joint)
    assert seen(joint)[0] == spans(answer)
    assert seen(joint)[1] == [item for item in triples(answer) if item[1] != "founded by"]
    joint.page.get_by_role("tab", name="JSON").click()
    settled(joint)
    assert json.loads(joint.page.locator("#json").inner_text()) == answer
    assert joint.api() == asked


def rows(visit: Visit) -> list[list[str]]:
    found: list[list[str]] = visit.page.evaluate(
        """() => [...document.querySelector("#facts tbody").rows]
          .map(row => [...row.cells].map(cell => cell.textContent))"""
    )
    return found


def test_the_table_is_sorted_and_filtered(joint: Visit, server: Server) -> None:
    answer = server.predict(TEXT, model="joint").body["answer"]
    names = [item["text"] for item in answer["entities"]]
    every = [["span", item["text"], item["label"], "", f"{item['score']:.2f}"] for item in answer["entities"]]
    every += [
        ["relation", names[item["head"]], item["label"], names[item["tail"]], f"{item['score']:.2f}"]
        for item in answer["relations"]
    ]
    scores = [item["score"] for item in (*answer["entities"], *answer["relations"])]
    joint.page.get_by_role("tab", name="Table").click()
    settled(joint)
    assert rows(joint) == every
    by_score = [row for _, row in sorted(zip(scores, every, strict=True), key=lambda pair: pair[0])]
    for direction, order in (("ascending", by_score), ("descending", by_score[::-1])):
        joint.page.get_by_role("button", name="Score", exact=True).click()
        assert rows(joint) == order
        assert joint.page.locator("th[aria-sort]").get_attribute("aria-sort") == direction
    joint.page.get_by_role("button", name="Name or head").click()
    assert [row[1] for row in rows(joint)] == sorted((row[1] for row in every), key=str.casefold)
    joint.page.get_by_label("Filter").fill("LIND jonas")
    found = [row for row in every if "Jonas Lind" in row]
    assert sorted(rows(joint)) == sorted(found) != []
    assert joint.page.locator("#rows").inner_text() == f"{len(found)} of {len(every)} rows"


def test_a_link_brings_everything_back_and_tells_the_server_no_text(
    joint: Visit, visit: Visits, server: Server
) -> None:
    joint.context.grant_permissions(["clipboard-read", "clipboard-write"])
    joint.page.locator("#threshold").fill("0.7")
    joint.page.get_by_role("checkbox", name="location 1").uncheck()
    joint.page.get_by_role("tab", name="Table").click()
    joint.page.get_by_role("button", name="中文").click()
    settled(joint)
    before = rows(joint)
    assert before
    joint.page.get_by_role("button", name="复制链接").click()
    joint.page.get_by_text("链接已复制", exact=False).wait_for()
    link = joint.page.evaluate("() => navigator.clipboard.readText()")
    joint.page.wait_for_url(link)
    joint.page.reload()
    other = visit(server)
    other.page.goto(link)
    for there in (joint, other):
        there.page.locator("#results").wait_for()
        there.answered()
        assert rows(there) == before
        assert there.page.locator("#text-0").input_value() == TEXT
        assert there.page.locator("#threshold").input_value() == "0.7"
        assert there.page.locator("#model").input_value() == "joint"
        assert not there.page.get_by_role("checkbox", name="location 1").is_checked()
        assert there.page.locator("html").get_attribute("lang") == "zh-Hans"
        sent = [asked.partition("#")[0] for asked in there.asked]
        assert not [asked for asked in sent if re.search("Nora|Lind|Fjordlys", asked)]
        assert {asked.split()[1].removeprefix(there.home).partition("/")[0] for asked in sent} == {"", "page", "v1"}


def test_the_graph_has_every_relation_and_is_the_same_each_time(joint: Visit, server: Server) -> None:
    answer = server.predict(TEXT, model="joint").body["answer"]
    joint.page.get_by_role("tab", name="Graph").click()
    settled(joint)
    view = joint.page.locator("#view-graph")
    first = view.inner_html()
    ends = {end for head, _, tail in triples(answer) for end in (head, tail)}
    assert sorted(view.locator(".name > text").all_text_contents()) == sorted(ends)
    assert sorted(view.locator(".link > text").all_text_contents()) == sorted(item[1] for item in triples(answer))
    joint.page.reload()
    view.locator("svg").wait_for()
    joint.answered()
    assert view.inner_html() == first
    kinds = {item["text"]: item["label"] for item in answer["entities"]}
    said = view.locator(".name").evaluate_all("all => all.map(name => name.getAttribute('aria-label'))")
    for name, label in zip(view.locator(".name > text").all_text_contents(), said, strict=True):
        from_it = [f"{what} {tail}" for head, what, tail in triples(answer) if head == name]
        assert label.startswith(f"{name}, {kinds[name]}")
        assert sorted(filter(None, label.partition(": ")[2].split("; "))) == from_it


@pytest.mark.parametrize(("names", "width"), [(12, 700), (60, 900), (25, 300)])
def test_no_box_of_a_graph_lies_on_another(joint: Visit, names: int, width: int) -> None:
    """A ring with chords, of boxes of many widths, in the width that there is; the same each time."""
    boxes = [{"w": 30 + 37 * number % 120, "h": 28} for number in range(names)]
    links = [[number, (number + step) % names] for number in range(names) for step in (1, 5)]
    script = "async given => (await import('/page/layout.js')).layout(...given)"
    found, again = (joint.page.evaluate(script, [boxes, links, width]) for _ in range(2))
    assert found == again
    sides = [
        (place["x"] - box["w"] / 2, place["y"] - box["h"] / 2, place["x"] + box["w"] / 2, place["y"] + box["h"] / 2)
        for place, box in zip(found["places"], boxes, strict=True)
    ]
    for left, top, right, bottom in sides:
        assert min(left, top) >= 0
        assert right <= width + 0.01
        assert bottom <= found["height"]
    for one, other in itertools.combinations(sides, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)


def test_several_lines_are_several_texts(visit: Visits, server: Server, tmp_path: Path) -> None:
    """From a file that was opened, or dropped; more than one request takes, in their order."""
    there = visit(server)
    page = there.open(model="joint")
    lines = [f"Ada Lovelace lived in {place} ." for place in ("London", "Bergen", "Oslo")] * 12
    file = tmp_path / "lines.txt"
    file.write_text("\n\n".join(lines), encoding="utf-8")
    page.locator("#file").set_input_files(file)
    page.wait_for_function("() => document.querySelector('#lines').checked")
    page.locator("#send").click()
    there.answered()
    answers = server.predict_all(lines, model="joint").body["answers"]
    assert page.locator("#view-text .text").all_text_contents() == lines
    assert page.evaluate(TRIPLES) == [item for answer in answers for item in triples(answer)]
    assert there.posts() == 2
    assert " in 36 texts · joint " in there.told()
    page.get_by_role("tab", name="JSON").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download").click()
    assert saved.value.suggested_filename == "answers.jsonl"
    assert list(map(json.loads, saved.value.path().read_text(encoding="utf-8").splitlines())) == answers
    drop = """content => {
      const held = new DataTransfer();
      held.items.add(new File([content], "dropped.txt"));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(drop, "One line.")
    page.wait_for_function("() => document.querySelector('#text-0').value === 'One line.'")
    assert not page.locator("#lines").is_checked()
    file.write_bytes(b"\xff\xfe\x00")
    page.locator("#file").set_input_files(file)
    page.get_by_text("The file 'lines.txt' is no text in UTF-8.").wait_for()


def test_every_task_has_its_fields_and_its_answer(visit: Visits, server: Server) -> None:
    there = visit(server)
    page = there.open()
    assert page.locator("#model option").all_inner_texts() == ["tag", "joint", "pair", "dialogue"]
    there.ask("Mira Holm sails to Oslo.")
    tagged = server.predict("Mira Holm sails to Oslo.", model="tag").body["answer"]
    assert seen(there) == (spans({"entities": tagged["entities"]}), [], [])

    page.locator("#model").select_option("pair")
    assert page.locator("#fields label").all_inner_texts() == ["First text", "Second text"]
    page.get_by_label("First text").fill("The shop is open .")
    page.get_by_label("Second text").fill("Nobody can shop there .")
    page.locator("#send").click()
    there.answered()
    [label] = server.predict(["The shop is open .", "Nobody can shop there ."], model="pair").body["answer"]["labels"]
    assert page.locator("#view-text .label").all_inner_texts() == [f"{label['label']} {label['score']:.2f}"]

    page.locator("#model").select_option("dialogue")
    for number, turn in enumerate(("我想学吹笛子", "学多久了", "还没开始学"), start=1):
        if number == 3:
            page.get_by_role("button", name="Add a turn").click()
        page.get_by_label(f"Turn {number}", exact=True).fill(turn)
    page.locator("#send").click()
    there.answered()
    answer = server.predict(["我想学吹笛子", "学多久了", "还没开始学"], model="dialogue").body["answer"]
    assert page.locator("#view-text .text").text_content() == "\n".join((*answer["turns"], f"→ {answer['rewrite']}"))
    page.get_by_role("button", name="Remove turn 2").click()
    assert page.locator("#fields label").all_inner_texts() == ["Turn 1", "Turn 2"]
    page.get_by_role("button", name="The kite").click()
    there.answered()
    assert page.locator("#fields textarea").count() == 3
    assert there.posts() == 4
