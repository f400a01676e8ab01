"""Tagged sentences to CoNLL columns, which `read.conll_columns` reads back: a token and its tag a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from spanloom.answers.tags import Tags
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Text
from spanloom.read.parts.column_layout import DOCUMENT
from spanloom.text.tags import convert_tags, is_bio2
from spanloom.write.escapes import visible
from spanloom.write.lines import atomic_text
from spanloom.write.told import Told

BREAKS = "\t\n\r"
BIO2 = "bio2"


def write_columns(path: Path, examples: Iterable[Example], scheme: str = BIO2) -> int:
    """Write lines of a token, a tab and its tag, a blank line after each sentence; how many sentences.

    scheme: that of the tags of spans. Raises DataError for a sentence without gold and for what columns cannot hold,
    SpanloomError where the file cannot be written; `path` is then as it was.
    """
    count = 0
    with atomic_text(path) as file:
        for example in examples:
            file.write(_lines(example, scheme) + "\n")
            count += 1
    return count


def tagged_columns(items: Iterable[Told]) -> Iterator[str]:
    """The lines for each answer as they come, below a comment with the number of its text, and the text's own id.

    A text that failed, and one that columns cannot hold, has its error in a comment in place of its tokens.
    """
    for number, item in enumerate(items, start=1):
        error = str(item.shown.get("error", ""))
        pairs = [(token["text"], token["label"]) for token in item.shown.get("tokens", ())]
        try:
            lines = columns_of(pairs, f"text {number}")
        except DataError as refused:
            lines, error = "", str(refused)
        named = {"input": number, **({"id": item.fields["id"]} if "id" in item.fields else {})}
        named |= {"error": error} if error else {}
        comments = "".join(f"# {name} = {visible(str(value))}\n" for name, value in named.items())
        yield f"{comments}{lines}\n"


def _lines(example: Example, scheme: str) -> str:
    gold: Tags | None = example.gold
    text: Text = example.input
    if gold is None:
        raise DataError(str(example.source), "a sentence without tags", "one tag a token", "Annotate it.")
    tokens = (token.text for token in text.tokens)
    labels: Sequence[str] = gold.labels
    if scheme != BIO2 and is_bio2(labels):
        labels = convert_tags(labels, BIO2, scheme)
    return columns_of(zip(tokens, labels, strict=True), str(example.source))


def columns_of(pairs: Iterable[tuple[str, str]], where: str) -> str:
    """A line for each token and its tag. Raises DataError for what columns cannot hold."""
    lines = []
    for pair in pairs:
        for value in pair:
            broken = any(mark in value for mark in BREAKS) or value != value.strip(" ")
            if broken or value.startswith((DOCUMENT, "# ")):
                expected = f"no {DOCUMENT}, tab, line break, outer space or comment in it"
                raise DataError(where, f"{value!r} in a column", expected, "Write JSON lines instead.")
        lines.append("\t".join(pair) + "\n")
    return "".join(lines)
