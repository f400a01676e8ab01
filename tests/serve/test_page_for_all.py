"""The page for everybody: by keyboard alone, in the dark, on a phone, in Chinese; and against those who mean it ill."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.serve.browsing import Visit
from tests.serve.process import Server

TEXT = "Nora Lind founded Fjordlys in Bergen in 2011. The company is led by her brother Jonas Lind."
Visits = Callable[..., Visit]
VIEWS = ("Text", "Graph", "Table", "JSON")

FOCUSED = """() => {
  const node = document.activeElement, style = getComputedStyle(node), label = node.labels?.[0] || node;
  const edge = getComputedStyle(node.querySelector("rect") || node).strokeWidth;
  const ring = style.outlineStyle !== "none" || edge === "3px";
  return [node.getAttribute("aria-label") || label.innerText.trim(), ring];
}"""

# Of each piece of text that is seen: the contrast of WCAG 2 with what lies behind it.
CONTRAST = """() => {
  const linear = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const shape = node.namespaceURI.endsWith("svg") && node.querySelector?.(":scope > rect");
      const [r, g, b, a = 1] = parts(shape ? getComputedStyle(shape).fill : getComputedStyle(node).backgroundColor);
      if (a) return [r, g, b];
    }
  };
  const found = [];
  const add = (text, ink, paper) => {
    const [low, high] = [luminance(parts(ink)), luminance(paper)].sort((a, b) => a - b);
    found.push([text.trim().slice(0, 30), (high + 0.05) / (low + 0.05)]);
  };
  for (const node of document.body.querySelectorAll("*")) {
    if (!node.checkVisibility() || node.closest("script, noscript, option, title")) continue;
    const style = getComputedStyle(node), svg = node.namespaceURI.endsWith("svg");
    const own = [...node.childNodes].filter(child => child.nodeType === 3).map(child => child.data).join(" ").trim();
    if (own) add(own, svg ? style.fill : style.color, behind(node));
    const hint = getComputedStyle(node, "::placeholder").color;
    if (node.placeholder && !node.value) add(node.placeholder, hint, behind(node));
    if (node.matches(".tag")) {
      const tag = getComputedStyle(node, "::after");
      add(node.dataset.l, tag.color, parts(tag.backgroundColor));
    }
  }
  return found;
}"""


def open_view(visit: Visit, name: str) -> None:
    visit.page.get_by_role("tab", name=name).click()
    visit.page.evaluate("() => new Promise(done => setTimeout(() => requestAnimationFrame(done), 60))")


def test_all_can_be_done_by_keyboard_alone(visit: Visits, server: Server) -> None:
    """In the order in which it is read, with a ring around what has the focus."""
    there = visit(server)
    page = there.open(model="joint")

    def to(name: str, key: str = "Tab") -> None:
        for _ in range(30):
            page.keyboard.press(key)
            label, ring = page.evaluate(FOCUSED)
            assert ring, label
            if label.startswith(name):
                return
        raise AssertionError(f"{key} does not lead to {name}")

    to("中文")
    to("Model")
    to("Text")
    page.keyboard.type(TEXT)
    page.keyboard.press("Control+Enter")
    there.answered()
    to("Find")
    page.keyboard.press("Enter")
    there.answered()
    assert there.posts() == 2
    to("Score at least")
    page.keyboard.press("End")
    page.locator("#threshold-shown").filter(has_text="1.00").wait_for()
    page.keyboard.press("Home")
    to("Scores in the text")
    to("person")
    page.keyboard.press("Space")
    assert not page.get_by_role("checkbox", name="person 2").is_checked()
    page.keyboard.press("Space")
    to("Text")  # the tabs are one stop
    to("Graph", "ArrowRight")
    assert page.locator("#view-graph").is_visible()
    page.locator("#view-graph svg").wait_for()
    to("Fjordlys, organization")
    before = page.evaluate(FOCUSED)
    page.keyboard.press("ArrowRight")
    assert page.evaluate(FOCUSED) != before
    assert page.locator("#view-graph .dim").count() > 0
    to("Graph", "Shift+Tab")
    to("Table", "ArrowRight")
    page.locator("#facts tbody tr").first.wait_for()
    to("Filter")
    to("Table of what was found")
    to("What")
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED)[0].startswith("What")
    assert page.locator("th[aria-sort=ascending]").inner_text() == "What"
    to("Table", "Shift+Tab")
    while page.evaluate(FOCUSED)[0] != "Table":
        to("Table", "Shift+Tab")
    page.keyboard.press("End")
    assert page.locator("#view-json").is_visible()
    page.keyboard.press("Home")
    assert page.locator("#view-text").is_visible()


def test_what_a_screen_reader_is_told(visit: Visits, server: Server) -> None:
    there = visit(server)
    page = there.open(model="joint")
    there.ask(TEXT)
    snapshot = page.locator("main").aria_snapshot()
    for line in (
        'form "Ask for a text"', 'combobox "Model"', 'textbox "Text"', 'button "Find"',
        'checkbox "Each line is a text"', 'group "Examples"', "status: 5 spans", 'region "Results"',
        'slider "Score at least', 'group "Spans"',
        'group "Relations"', 'tablist "View"', 'tab "Text" [selected]', 'tab "Graph"', 'tabpanel "Text"',
    ):  # fmt: skip
        assert line in snapshot, snapshot
    assert page.locator("#told").get_attribute("role") == "status"
    assert page.locator("#fault").get_attribute("role") == "alert"
    open_view(there, "Table")
    table = page.locator("#view-table").aria_snapshot()
    assert 'columnheader "Score"' in table
    assert 'row "relation Fjordlys founded by Nora Lind' in table
    page.locator("#text-0").fill(" ")
    page.locator("#send").click()
    assert page.get_by_role("alert").inner_text() == "There is no text to ask about."


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_texts_are_legible(visit: Visits, server: Server, scheme: str) -> None:
    """WCAG 2 asks for a contrast of 4.5."""
    there = visit(server, color_scheme=scheme)
    page = there.open(model="joint")
    papers = {page.evaluate("() => getComputedStyle(document.body).backgroundColor")}
    seen = page.evaluate(CONTRAST)
    there.ask(TEXT)
    for view in VIEWS:
        open_view(there, view)
        seen += page.evaluate(CONTRAST)
    assert {"Paste a text, or drop a file h", "person", "founded by", "Fjordlys"} <= {text for text, _ in seen}
    assert [(text, ratio) for text, ratio in seen if ratio < 4.5] == []
    assert papers == {"rgb(255, 255, 255)" if scheme == "light" else "rgb(21, 24, 29)"}


def test_a_phone_needs_no_scrolling_aside(visit: Visits, server: Server) -> None:
    there = visit(server, viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True)
    page = there.open(model="joint")
    wide = "() => document.documentElement.scrollWidth"
    assert page.evaluate(wide) == 360
    there.ask(f"{TEXT} {'Donaudampfschiff' * 20} https://example.org/{'a' * 200}")
    for view in VIEWS:
        open_view(there, view)
        assert page.evaluate(wide) == 360, view
    page.get_by_role("button", name="中文").click()
    assert page.evaluate(wide) == 360


def test_chinese_is_chosen_by_the_browser_or_by_hand(visit: Visits, server: Server) -> None:
    there = visit(server, locale="zh-CN")
    page = there.open(model="joint")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.get_by_role("button", name="阿里巴巴").click()
    there.answered()
    found = server.predict("阿里巴巴由马云创立，总部位于杭州。", model="joint").body["answer"]  # noqa: RUF001
    assert page.locator("#view-text .triples > li").count() == len(found["relations"]) > 0
    assert there.told().startswith(f"1 段文本中找到 {len(found['entities'])} 个片段、{len(found['relations'])} 个关系")
    texts = page.locator("[data-t]:visible").all_inner_texts()
    assert [text for text in texts if not re.search("[\u4e00-\u9fff]", text)] == ["JSON"]
    page.get_by_role("button", name="English").click()
    assert page.locator("#send").inner_text() == "Find"
    assert there.told().startswith(f"{len(found['entities'])} spans")
    shapes = """async () => {
      const parts = value => Object.entries(value).map(([key, part]) => [key, shape(part)]);
      const shape = value => typeof value === "object" ? parts(value) : typeof value;
      const [english, chinese] = await Promise.all([import("/page/english.js"), import("/page/chinese.js")]);
      return [shape(english.english), shape(chinese.chinese)];
    }"""
    english, chinese = page.evaluate(shapes)
    assert english == chinese, "every word is there in both"


HOSTILE = (
    '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2"> Ada Lovelace lived in London " style="x'
)


def test_a_text_stays_a_text(visit: Visits, server: Server) -> None:
    there = visit(server)
    page = there.open(model="joint", text=HOSTILE)
    page.locator("#results").wait_for()
    there.answered()
    assert page.locator("#view-text .text").text_content() == HOSTILE
    for view in VIEWS:
        open_view(there, view)
    assert page.locator("main").locator("script, img, [style='x'], [onerror]").count() == 0
    assert page.evaluate("() => window.hacked") is None


def test_the_policy_allows_no_code_and_no_style_in_the_page(visit: Visits, server: Server) -> None:
    reply = server.get("/")
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"\s(style|on\w+)=|<style|<script>|https?://", reply.body)
    there = visit(server)
    page = there.open(model="joint")
    there.ask(TEXT)  # the fixture looks whether anything was refused
    tries = """() => {
      const script = document.createElement("script");
      script.textContent = "window.hacked = 1";
      document.body.append(script);
      const tried = '<p id="tried" style="color: red" onclick="window.hacked = 2">x</p>';
      document.body.insertAdjacentHTML("beforeend", tried);
      document.querySelector("#tried").click();
      return [window.hacked, document.querySelector("#tried").style.color];
    }"""
    assert page.evaluate(tries) == [None, ""]
    refused, there.faults = there.faults, []
    assert len(refused) == 3
    assert all("Content Security Policy" in said for said in refused)


def test_a_very_long_text_is_shown_whole(visit: Visits, server: Server) -> None:
    there = visit(server)
    page = there.open(model="tag")
    text = " ".join(f"The ferry number {number} to Bergen leaves at noon ." for number in range(1800))
    assert 80_000 < len(text) < 100_000
    there.ask(text)
    assert page.locator("#view-text .text").text_content() == text
    assert len(page.url) < 1000, "it is too long for a link"
    there.context.grant_permissions(["clipboard-write"])
    page.get_by_role("button", name="Copy a link to this").click()
    page.get_by_text("without the text, which is too long for one").wait_for()
    page.locator("#text-0").fill(text * 2)
    page.locator("#send").click()
    there.answered()
    assert there.fault() == "A text is longer than the 100,000 characters that the service takes."
    assert "status of 422" in there.faults.pop()
    assert not page.locator("#results").is_visible()
