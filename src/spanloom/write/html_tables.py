"""The tables at the top of a scorecard page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from spanloom.text.counts import listed
from spanloom.write.annotated import escape
from spanloom.write.confusion import confusion_svg
from spanloom.write.frame_lines import rejected
from spanloom.write.graph_tables import gold_size, missed
from spanloom.write.surprisal_tables import interval, number

Scores = Mapping[str, Mapping[str, Any]]

KINDS = (("entities", "Entities"), ("triples", "Triples"))

# What is wider than the screen scrolls in its own box, by the keyboard too.
_SCROLL = '<div class="scroll" tabindex="0" role="region" aria-label="table">'


def summary_html(card: Mapping[str, Any]) -> str:
    """The scores of any task's scorecard as HTML: tiles with the main ones, then tables, most of them folded away."""
    if card.get("answers") == "surprisal":
        return _surprisal_summary(card)
    return _graph_summary(card) if "triples" in card else _plain_summary(card)


def _surprisal_summary(card: Mapping[str, Any]) -> str:
    """Of language models: a tile for each measure."""
    size = escape(listed(card["size"]))
    tiles = "".join(
        f'<div class="tile"><span>{escape(name)}</span><b>{number(score["value"])}</b>'
        f"<span>{f'95% between {interval(score)}' if 'interval' in score else ''}</span></div>"
        for name, score in card["overall"].items()
    )
    return f'<p class="about">{size}.</p>\n<div class="tiles">{tiles}</div>'


def _plain_summary(card: Mapping[str, Any]) -> str:
    """Of tags, labels and rewrites."""
    size = escape(listed(card["size"]))
    tiles = "".join(_plain_tile(name, score) for name, score in card["overall"].items())
    errors, confusions = card["errors"]["types"], card["errors"]["confusions"]
    types = [[f"<td>{escape(name)}</td><td>{count:,}</td>"] for name, count in errors.items()]
    taken = [
        [f"<td>{escape(case['gold'])}</td><td>{escape(case['predicted'])}</td><td>{case['count']:,}</td>"]
        for case in confusions
    ]
    mistakes = "".join(
        f"<div>{_table(heads, rows)}</div>"
        for heads, rows in ((("error", "count"), types), (("gold", "predicted", "count"), taken))
        if rows
    )
    picture = confusion_svg(card)
    return "\n".join(
        [
            f'<p class="about">{size} in gold. Scores in percent.</p>',
            f'<div class="tiles">{tiles}</div>',
            *([f'<p class="about">{escape(rejected(card["out_of_scope"]))}</p>'] if "out_of_scope" in card else []),
            *(_folded(f"{name} by label", _scores_html("label", part)) for name, part in card["labels"].items()),
            *([_folded("By kind", _breakdown_html(card["breakdown"]))] if card["breakdown"] else []),
            *([_folded("Errors", f'<div class="two">{mistakes}</div>')] if mistakes else []),
            *([_folded("Which label was taken for which", f"{_SCROLL}{picture}</div>")] if picture else []),
        ]
    )


def _plain_tile(name: str, score: Mapping[str, Any]) -> str:
    if "interval" in score:
        about = "95% between {} and {}".format(*map(_percent, score["interval"]))
    else:
        about = f"precision {_percent(score['precision'])}, recall {_percent(score['recall'])}"
    main = _percent(score["value"] if "value" in score else score["f1"])
    return f'<div class="tile"><span>{escape(name)}</span><b>{main}</b><span>{about}</span></div>'


def _graph_summary(card: Mapping[str, Any]) -> str:
    """Of graphs: two tiles, the matching rules side by side, and the rest folded away."""
    size = card["size"]
    about = gold_size(size) + (f"; {missed(size['lost'])}" if size["lost"] else "")
    return "\n".join(
        [
            f'<p class="about">{about}. Scores in percent.</p>',
            f'<div class="tiles">{"".join(_tile(card, kind, name) for kind, name in KINDS)}</div>',
            "<h2>By matching rule</h2>",
            _rules_html(card),
            *(_folded(f"{name} by label", _scores_html("label", card["labels"][kind])) for kind, name in KINDS),
            _folded("Triples by sentence, distance and novelty", _breakdown_html(card["breakdown"])),
            _folded("Types of error", f'<div class="two">{"".join(_errors_html(card, *kind) for kind in KINDS)}</div>'),
        ]
    )


def _tile(card: Mapping[str, Any], kind: str, name: str) -> str:
    score = card[kind][card["rule"]]
    low, high = score["interval"]
    rule = "text of the facts" if card["by_text"] else card["rule"]
    return (
        f'<div class="tile"><span>{name}, F1 ({escape(rule)})</span><b>{_percent(score["f1"])}</b>'
        f"<span>95% between {_percent(low)} and {_percent(high)}</span></div>"
    )


def _rules_html(card: Mapping[str, Any]) -> str:
    heads = ("", "precision", "recall", "F1", "95% interval", "macro F1", "correct", "predicted", "gold")
    rows = []
    for kind, name in KINDS:
        for rule, score in card[kind].items():
            low, high = score["interval"]
            rows.append(
                [
                    f"<td>{name}, {escape(rule)}</td>",
                    *_prf(score),
                    f"<td>{_percent(low)} to {_percent(high)}</td><td>{_percent(score['macro']['f1'])}</td>",
                    f"<td>{score['tp']:,}</td><td>{score['predicted']:,}</td><td>{score['gold']:,}</td>",
                ]
            )
    return _table(heads, rows)


def _scores_html(what: str, scores: Scores) -> str:
    ordered = sorted(scores.items(), key=lambda item: -item[1]["gold"]) if what == "label" else scores.items()
    rows = [
        [
            f"<td>{escape(name)}</td>",
            *_prf(score),
            f"<td>{score['predicted']:,}</td><td>{score['gold']:,}</td>",
        ]
        for name, score in ordered
    ]
    return _table((what, "precision", "recall", "F1", "predicted", "gold"), rows)


def _breakdown_html(breakdown: Mapping[str, Scores]) -> str:
    tables = "".join(f"<div>{_scores_html(name, table)}</div>" for name, table in breakdown.items())
    return f'<div class="two">{tables}</div>'


def _errors_html(card: Mapping[str, Any], kind: str, name: str) -> str:
    counts = card["errors"][kind]
    rows = [[f"<td>{escape(error)}</td><td>{count:,}</td>"] for error, count in counts.items()]
    return f"<div>{_table((name, 'errors'), rows)}</div>"


def _prf(score: Mapping[str, Any]) -> list[str]:
    return [
        f"<td>{_percent(score['precision'])}</td><td>{_percent(score['recall'])}</td>",
        f'<td class="f1" style="--v:{_percent(score["f1"])}%">{_percent(score["f1"])}</td>',
    ]


def _percent(part: float) -> str:
    return f"{100 * part:.1f}"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return f"{_SCROLL}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{content}</details>"
