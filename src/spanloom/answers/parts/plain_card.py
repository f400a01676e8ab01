"""A scorecard as most tasks make it, for a terminal and for the top of its page. Scores are in percent.

Keys: `size`, `overall` (row -> score), and where there are any `labels`, `breakdown`, `errors` (see metrics.labels). Of
a card without `overall` the numbers of its `summary`, or those it has itself, are shown as they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from spanloom.answers.parts.scores import breakdown_grid, breakdown_section, labels_grid, labels_section, prf
from spanloom.answers.parts.summary import Section, Sheet, Summary, Tile
from spanloom.answers.parts.table import Cell, Grid, Part, Worst, line, name, percent
from spanloom.text.counts import listed

Card = Mapping[str, Any]

MOST_CONFUSIONS = 12


def plain_card(card: Card, remarks: Sequence[str] = ()) -> list[Part]:
    """The parts in the order in which they are read. remarks: sentences behind the scores."""
    overall, errors = card.get("overall", {}), card.get("errors", {})
    values = {title: score for title, score in overall.items() if "value" in score}
    parts: list[Part] = [line(f"{listed(card['size'])} in gold.")] if "size" in card else []
    if "overall" not in card:
        numbers = tuple((name(title), Cell(f"{value:.4g}")) for title, value in _numbers(card).items())
        parts.append(Grid("Scores", ("", "value"), numbers))
    if len(values) < len(overall):
        parts.append(_scores(card, overall))
    parts += [line(remark) for remark in remarks]
    if values:
        parts.append(_values(values))
    parts += [labels_grid(title, "Label", labels) for title, labels in card.get("labels", {}).items()]
    if card.get("breakdown"):
        parts.append(breakdown_grid("By", card["breakdown"]))
    if errors.get("types"):
        parts.append(
            Grid("Errors", ("", "count"), tuple((name(kind), Cell(f"{n:,}")) for kind, n in errors["types"].items()))
        )
    if errors.get("confusions"):
        parts.append(_confusions(errors["confusions"]))
    return [*parts, Worst(errors.get("worst", ()))]


def plain_summary(card: Card, remarks: Sequence[str] = ()) -> Summary:
    """The top of the page. remarks: as of `plain_card`."""
    sections = [labels_section(f"{title} by label", labels) for title, labels in card.get("labels", {}).items()]
    if card.get("breakdown"):
        sections.append(breakdown_section("By kind", card["breakdown"]))
    sheets = tuple(_mistakes(card.get("errors", {})))
    if sheets:
        sections.append(Section("Errors", sheets, beside=True))
    about = [f"{listed(card['size'])} in gold."] if "size" in card else []
    if "overall" in card:
        about.append("Scores in percent.")
    tiles = [_tile(title, score) for title, score in card.get("overall", {}).items()]
    tiles += [Tile(title, f"{value:.4g}", "") for title, value in _numbers(card).items() if "overall" not in card]
    return Summary(" ".join(about), tuple(tiles), tuple(remarks), tuple(sections))


def _numbers(card: Card) -> dict[str, float]:
    """What a card without `overall` has to tell."""
    return {title: value for title, value in card.get("summary", card).items() if isinstance(value, int | float)}


def _scores(card: Card, overall: Mapping[str, Card]) -> Grid:
    rows = []
    for title, score in overall.items():
        if "value" in score:
            continue
        macro = percent(score["macro"]["f1"]) if "macro" in score else ""
        counts = (f"{score[key]:,}" for key in ("tp", "predicted", "gold"))
        style = "bold" if title == card.get("rule") else ""
        rows.append(tuple(name(text, style) for text in (title, *prf(score), _interval(score), macro, *counts)))
    return Grid("Scores", ("", "P", "R", "F1", "95% interval", "macro", "corr.", "pred.", "gold"), tuple(rows))


def _interval(score: Card) -> str:
    return "-".join(map(percent, score["interval"])) if "interval" in score else ""


def _values(values: Mapping[str, Card]) -> Grid:
    """Scores that are a single number, not precision and recall."""
    rows = tuple(
        (name(title), Cell(percent(score["value"])), Cell(_interval(score))) for title, score in values.items()
    )
    return Grid("", ("", "score", "95% interval"), rows)


def _confusions(confusions: Sequence[Card]) -> Grid:
    rows = tuple(
        (name(case["gold"]), name(case["predicted"]), Cell(f"{case['count']:,}"))
        for case in itertools.islice(confusions, MOST_CONFUSIONS)
    )
    return Grid("Taken for another", ("Gold", "Predicted", "count"), rows, texts=(0, 1))


def _tile(title: str, score: Card) -> Tile:
    about = ""
    if "interval" in score:
        about = "95% between {} and {}".format(*map(percent, score["interval"]))
    elif "value" not in score:
        about = f"precision {percent(score['precision'])}, recall {percent(score['recall'])}"
    return Tile(title, percent(score["value"] if "value" in score else score["f1"]), about)


def _mistakes(errors: Card) -> Iterable[Sheet]:
    if errors.get("types"):
        yield Sheet(("error", "count"), tuple((kind, f"{count:,}") for kind, count in errors["types"].items()))
    if errors.get("confusions"):
        taken = ((case["gold"], case["predicted"], f"{case['count']:,}") for case in errors["confusions"])
        yield Sheet(("gold", "predicted", "count"), tuple(taken))
