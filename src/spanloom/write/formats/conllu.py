"""CoNLL-U: a word a line with its tag, which is the part of speech where it is one of Universal Dependencies.

# text = Ida left
1    Ida     _    PROPN   _    _    _    _    _    SpaceAfter=No       a part of speech of Universal Dependencies
1    Ida     _    _       NNP  _    _    _    _    _                   any other tag, in the field of the treebank's own
1    Ida     _    _       _    _    _    _    _    NER=B-Person        the tags of spans, in BIO2, as Stanza writes them
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from spanloom.answers.tags import Tags
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Text
from spanloom.read.conllu import EMPTY, FIELDS, MISC, UPOS_COLUMN, XPOS_COLUMN
from spanloom.text.tags import is_bio2
from spanloom.write.formats.parts.held import ID
from spanloom.write.formats.parts.target import Holds, Options, Target
from spanloom.write.lines import atomic_text

UPOS_NAMES = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X"
UPOS = frozenset(UPOS_NAMES.split())
"""https://universaldependencies.org/u/pos"""
BREAKS = "\t\n\r"


def write(path: Path, examples: Iterable[Example], options: Options) -> None:
    """Raises DataError for a word or a tag with a character that a field cannot hold."""
    read = list(examples)
    tags = {label for example in read if example.gold is not None for label in example.gold.labels}
    column = MISC if is_bio2(tags) else UPOS_COLUMN if tags <= UPOS else XPOS_COLUMN
    with atomic_text(path) as file:
        for example in read:
            file.write("".join(f"{line}\n" for line in (*_comments(example), *_words(example, column), "")))


def _comments(example: Example) -> Iterator[str]:
    """The id and the text, where a line can hold them."""
    name, text = str(example.fields.get(ID, "")), example.input.text
    if name:
        _refuse_breaks(name, example)
        yield f"# sent_id = {name}"
    if not any(mark in text for mark in BREAKS):
        yield f"# text = {text}"


def _words(example: Example, column: int) -> Iterator[str]:
    text: Text = example.input
    gold: Tags | None = example.gold
    for number, (word, _, end) in enumerate(text.tokens):
        cells = [str(number + 1), word, *[EMPTY] * (len(FIELDS) - 2)]
        told = []
        if gold is not None:
            tag = gold.labels[number]
            if column == MISC:
                told.append(f"NER={tag}")
            else:
                cells[column] = tag
            _refuse_breaks(tag, example, "|" if column == MISC else "")
        _refuse_breaks(word, example)
        if text.text[end : end + 1].strip():
            told.append("SpaceAfter=No")
        cells[MISC] = "|".join(told) or EMPTY
        yield "\t".join(cells)


def _refuse_breaks(value: str, example: Example, more: str = "") -> None:
    if any(mark in value for mark in BREAKS + more) or value != value.strip():
        expected = "no tab, line break or outer space in it" + (f", and no {more!r}" if more else "")
        raise DataError(str(example.source), f"{value!r} in a field", expected, "Write JSON lines instead.")


FORMAT = Target(
    name="conllu",
    reads="conllu",
    summary="CoNLL-U, a word a line with its tag",
    answers=(Tags,),
    holds=frozenset({Holds.tokens, Holds.plain, Holds.empty, Holds.unannotated, Holds.ids}),
    write=write,
)
