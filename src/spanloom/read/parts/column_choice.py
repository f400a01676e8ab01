"""Which columns hold the tokens and the tags: those that the settings name or count, else those that content tells.

Where content does not tell them apart a ConfigError asks for the setting: a column that is taken for another makes a
model that learns nothing, with fine scores.
"""

from __future__ import annotations

from spanloom.config import DataConfig
from spanloom.errors import ConfigError
from spanloom.read.parts.column_layout import TAG_NAMES, TOKEN_NAMES, Layout
from spanloom.read.parts.json_items import shown

CHUNKS = frozenset(("NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP"))
"""Labels of the phrases that stand in a column before that of the names. Tjong Kim Sang and Buchholz 2000."""


def token_column(layout: Layout, config: DataConfig, where: str) -> int:
    """The column of the tokens. Raises ConfigError."""
    if config.token_column is not None:
        return asked_for("token", config.token_column, layout, where)
    named = [place for place, name in enumerate(layout.names) if name in TOKEN_NAMES]
    if named:
        return named[0]
    if layout.width > 1 and not layout.spans[1]:
        if layout.counts_tokens and layout.width > 2:
            return 1
        if layout.counts_tokens or (layout.all_numbers and layout.width > 2):
            found = "only numbers stand in the first column"
            remedy = "Set data.token_column = 1, or data.token_column = 0 if the numbers are the words."
            raise ConfigError(where, found, "a column of words, or one that counts the tokens before it", remedy)
    if layout.width > 3 and len(layout.rows) > 4 and len(layout.counts[0]) == 1:
        found = f"only {shown(layout.rows[0][1][0])} stands in the first column"
        raise ConfigError(where, found, "a column of words", "Set data.token_column to the column of the words.")
    return 0


def tag_column(layout: Layout, config: DataConfig, token: int, where: str) -> int:
    """The column of the tags: the last, if it can hold them; of several layers of the same labels the outer.

    Raises ConfigError where it cannot be told.
    """
    if config.tag_column is not None:
        return asked_for("tag", config.tag_column, layout, where)
    named = [place for place, name in enumerate(layout.names) if name in TAG_NAMES]
    last = layout.width - 1
    if named or last == token or layout.width == 2:
        return named[-1] if named else last
    spans = [place for place in range(token + 1, layout.width) if layout.spans[place]]
    labelled = [place for place in spans if layout.labels(place)]
    if last in spans:
        others = [place for place in labelled if place != last and not layout.labels(place) <= CHUNKS]
        if layout.labels(last) or not others:
            return [*_layers(layout, token, last), last][0]
    elif not spans and not layout.is_filler(last):
        return last
    elif len(spans) == 1 and any(map(layout.is_filler, range(spans[0], layout.width))):
        return spans[0]
    cells = ", ".join(map(repr, layout.rows[0][1]))
    able = ", ".join(map(str, labelled or spans))
    which = f"tags could be in {able}" if spans else "the last one says nothing"
    found = f"{which}, of {layout.width} columns: {cells}"[:300]
    remedy = f"Set data.tag_column to the number of that column, of 0 to {last}."
    raise ConfigError(where, found, "one column that must be the tags", remedy)


def _layers(layout: Layout, token: int, tag: int) -> list[int]:
    """The columns behind the tokens with tags of spans of the same labels as those in a column."""
    return [
        place
        for place in range(token + 1, layout.width)
        if layout.spans[place] and layout.labels(place) & layout.labels(tag)
    ]


def layers_note(layout: Layout, config: DataConfig, token: int, tag: int) -> str:
    """What is said of more columns that hold tags of spans, nothing where there are none but those of phrases."""
    if config.tag_column is not None or layout.names or not layout.spans[tag]:
        return ""
    behind = [place for place in range(token + 1, layout.width) if place != tag and layout.spans[place]]
    others = [str(place) for place in behind if not layout.labels(place) <= CHUNKS]
    return (
        f"column {tag} is read, but tags of spans stand in {', '.join(others)} too (see data.tag_column)"
        if others
        else ""
    )


def layer_columns(layout: Layout, token: int) -> range:
    """The columns of tags behind the tokens, without those behind a filler."""
    end = first = token + 1
    while end < layout.width and layout.spans[end]:
        end += 1
    return range(first, end if first < end < layout.width and layout.is_filler(end) else layout.width)


def asked_for(key: str, column: int | str, layout: Layout, where: str) -> int:
    """The column that a setting counts, from either end, or names by the header. Raises ConfigError."""
    width = layout.width
    if isinstance(column, int) and -width <= column < width:
        return column % width
    if isinstance(column, str) and column.casefold() in layout.names:
        return layout.names.index(column.casefold())
    found = f"data.{key}_column is {column!r}, but the line has {width} columns"
    names = f", or {', '.join(layout.names)}" if layout.names else ""
    remedy = f"Set data.{key}_column to the number of the column."
    raise ConfigError(where, found, f"0 to {width - 1}, or -1 for the last{names}", remedy)
