"""Which columns hold the tokens and the tags: those that the settings name or count, else those that content tells.

Where content does not tell them apart a ConfigError asks for the setting: a column that is taken for another makes a
model that learns nothing, with fine scores.
"""

from __future__ import annotations

from spanloom.config import DataConfig
from spanloom.errors import ConfigError
from spanloom.read.column_layout import TAG_NAMES, TOKEN_NAMES, Layout


def token_column(layout: Layout, config: DataConfig, where: str) -> int:
    """The column of the tokens. Raises ConfigError."""
    if config.token_column is not None:
        return asked_for("token", config.token_column, layout, where)
    named = [place for place, name in enumerate(layout.names) if name in TOKEN_NAMES]
    if named:
        return named[0]
    if layout.width > 1 and not layout.holds_spans(1):
        if layout.counts_tokens and layout.width > 2:
            return 1
        if layout.counts_tokens or (layout.all_numbers and layout.width > 2):
            found = "only numbers stand in the first column"
            remedy = "Set data.token_column = 1, or data.token_column = 0 if the numbers are the words."
            raise ConfigError(where, found, "a column of words, or one that counts the tokens before it", remedy)
    return 0


def tag_column(layout: Layout, config: DataConfig, token: int, where: str) -> int:
    """The column of the tags, of several that are told the last. Raises ConfigError."""
    if config.tag_column is not None:
        return asked_for("tag", config.tag_column, layout, where)
    named = [place for place, name in enumerate(layout.names) if name in TAG_NAMES]
    if named:
        return named[-1]
    last = layout.width - 1
    spans = [place for place in range(token + 1, layout.width) if layout.holds_spans(place)]
    if last in spans or last == token or layout.width == 2:
        return last
    if not spans and not layout.is_filler(last):
        return last
    fillers = [place for place in range(spans[0] if spans else last, layout.width) if layout.is_filler(place)]
    if len(spans) == 1 and fillers:
        return spans[0]
    shown = ", ".join(map(repr, layout.rows[0][1]))
    which = f"columns {', '.join(map(str, spans))} could be tags" if spans else "nothing stands in the last column"
    found, expected = f"{which}, of {layout.width} columns: {shown}"[:300], "one column that must be the tags"
    raise ConfigError(where, found, expected, f"Set data.tag_column to one of 0 to {last}.")


def layer_columns(layout: Layout, token: int) -> range:
    """The columns of tags behind the tokens, without those behind a filler."""
    end = first = token + 1
    while end < layout.width and layout.holds_spans(end):
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
