"""Columns of CoNLL: a token, a tab and its tag a line, a blank line behind each sentence.

Tags of spans are in BIO2, or in the scheme that is asked for: BIO1, BIOES, BMES or BILOU.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from spanloom.answers.tags import Tags
from spanloom.core import Example
from spanloom.write.columns import write_columns
from spanloom.write.formats.parts.target import Holds, Options, Target


def write(path: Path, examples: Iterable[Example], options: Options) -> None:
    write_columns(path, examples, options.scheme)


FORMAT = Target(
    name="columns",
    reads="columns",
    summary="a token and its tag a line",
    answers=(Tags,),
    holds=frozenset({Holds.tokens, Holds.plain, Holds.empty}),
    write=write,
    schemes=True,
)
