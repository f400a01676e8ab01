"""Tags, labels, rewrites and their scorecards as tables on a terminal, readable in 80 columns."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text as Cell

from spanloom.core import Dialogue, Frame, Label, Rewrite, Tags, Text, TextPair, texts_of
from spanloom.text.counts import listed
from spanloom.text.edits import new_parts
from spanloom.write.cells import (
    Card,
    breakdown_table,
    cell,
    clean,
    confidence,
    labels_table,
    make_table,
    name_cell,
    percent,
    prf,
    worst,
)
from spanloom.write.frame_lines import frame_to_dict, rejected

MOST_CONFUSIONS = 12


def tag_tables(text: Text, tags: Tags) -> list[RenderableType]:
    """The text, and a table of its tokens with their labels."""
    parts: list[RenderableType] = [cell(text.text, "bold")]
    if not text.tokens:
        return [*parts, Cell("no tokens", style="dim")]
    table = make_table("", ("Token", "Label", "Score"))
    scores = tags.scores or (None,) * len(tags.labels)
    for token, label, score in zip(text.tokens, tags.labels, scores, strict=True):
        table.add_row(cell(token.text), cell(label, "dim" if label == "O" else "cyan"), confidence(score))
    return [*parts, Cell(""), table]


def label_tables(item: Text | TextPair, label: Label) -> list[RenderableType]:
    """The text, or both, and the labels with their scores."""
    parts: list[RenderableType] = [cell(text.text, "bold") for text in texts_of(item)]
    scores = label.scores or (None,) * len(label.names)
    named = [
        Cell.assemble((f"  {clean(name)}", "cyan"), "  ", confidence(score))
        for name, score in zip(label.names, scores, strict=True)
    ]
    return [*parts, *(named or [Cell("  no label", style="dim")])]


def frame_tables(text: Text, frame: Frame) -> list[RenderableType]:
    """The text, the intent, how far it is out of scope, and a table of the slots."""
    shown = frame_to_dict(text, frame)
    intent = ("  no intent", "dim") if shown["intent"] is None else (f"  {clean(shown['intent'])}", "cyan")
    parts: list[RenderableType] = [
        cell(text.text, "bold"),
        Cell.assemble(intent, "  ", confidence(shown.get("intent_score")), *_strangeness(shown)),
    ]
    if not shown["slots"]:
        return [*parts, Cell("  no slots", style="dim")]
    table = make_table("", ("Slot", "Value", "Score"), left=2)
    for slot in shown["slots"]:
        table.add_row(cell(slot["label"], "cyan"), cell(slot["text"]), confidence(slot.get("score")))
    return [*parts, Cell(""), table]


def _strangeness(shown: Card) -> list[tuple[str, str]]:
    if "out_of_scope" not in shown:
        return []
    found = [(f"   out of scope {shown['out_of_scope']:.2g}", "dim")]
    return [*found, ("   rejected", "bold yellow")] if shown["rejected"] else found


def rewrite_tables(dialogue: Dialogue, rewrite: Rewrite) -> list[RenderableType]:
    """The turns, and the last one rewritten, what is new in it marked, with the score."""
    parts: list[RenderableType] = [cell(turn.text, "dim") for turn in dialogue.turns]
    line = Cell("  ")
    at = 0
    for start, end in new_parts(dialogue.turns[-1].text, rewrite.text):
        line.append(cell(rewrite.text[at:start], "bold")).append(cell(rewrite.text[start:end], "bold cyan"))
        at = end
    return [*parts, line.append(cell(rewrite.text[at:], "bold")).append("  ").append(confidence(rewrite.score))]


def score_tables(card: Card) -> list[RenderableType]:
    """The tables of a scorecard in the order in which they are read. Scores are in percent."""
    size = listed(card["size"])
    errors = card["errors"]
    values = {title: score for title, score in card["overall"].items() if "value" in score}
    return [
        cell(f"{size} in gold."),
        _overall(card),
        *([Cell(rejected(card["out_of_scope"]))] if "out_of_scope" in card else []),
        *([_values(values)] if values else []),
        *(labels_table(title, "Label", labels) for title, labels in card["labels"].items()),
        *([breakdown_table("By", card["breakdown"])] if card["breakdown"] else []),
        *([_counted("Errors", errors["types"])] if errors["types"] else []),
        *([_confusions(errors["confusions"])] if errors["confusions"] else []),
        *worst(errors["worst"]),
    ]


def _overall(card: Card) -> Table:
    table = make_table("Scores", ("", "P", "R", "F1", "95% interval", "macro", "corr.", "pred.", "gold"))
    for title, score in card["overall"].items():
        if "value" in score:
            continue
        interval = "-".join(map(percent, score["interval"])) if "interval" in score else ""
        macro = percent(score["macro"]["f1"]) if "macro" in score else ""
        counts = (f"{score[key]:,}" for key in ("tp", "predicted", "gold"))
        style = "bold" if title == card["rule"] else ""
        table.add_row(*(name_cell(text, style) for text in (title, *prf(score), interval, macro, *counts)))
    return table


def _values(values: Mapping[str, Card]) -> Table:
    """Scores that are a single number, not precision and recall."""
    table = make_table("", ("", "score", "95% interval"))
    for title, score in values.items():
        table.add_row(name_cell(title), percent(score["value"]), "-".join(map(percent, score["interval"])))
    return table


def _counted(title: str, counts: Mapping[str, int]) -> Table:
    table = make_table(title, ("", "count"))
    for name, count in counts.items():
        table.add_row(name_cell(name), f"{count:,}")
    return table


def _confusions(confusions: list[Card]) -> Table:
    table = make_table("Taken for another", ("Gold", "Predicted", "count"), left=2)
    for case in itertools.islice(confusions, MOST_CONFUSIONS):
        table.add_row(name_cell(case["gold"]), name_cell(case["predicted"]), f"{case['count']:,}")
    return table
