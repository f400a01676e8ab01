"""spaCy's DocBin (`.spacy`), which `spacy train` reads: entities, relations, classes or tags of the tokens.

Entities are `doc.ents`, as far as they do not overlap, and all of them are the group `sc` of `doc.spans`. Relations are
written as spaCy's own project of relation extraction reads them, in `doc._.rel`, by the first tokens of their entities;
those that these do not tell stand whole in `doc.user_data`, as do the id and the other fields of a text.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from spanloom.answers import kind_of
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span, Text
from spanloom.read.parts.spacy_docs import GROUPS, RELATIONS, WHOLE, begins, library
from spanloom.text.tags import without_overlaps
from spanloom.write.atomic import atomic_file
from spanloom.write.formats.parts.target import Holds, Options, Target

NONE = "none"
"""A class that no text has, in a file in which none has any: a document without categories is not annotated."""
ATTRIBUTES = ("ORTH", "SPACY", "ENT_IOB", "ENT_TYPE", "TAG")


def write(path: Path, examples: Iterable[Example], options: Options) -> None:
    """Raises MissingExtra without spaCy, DataError for a text with characters that it does not take."""
    spacy = library()
    read = list(examples)
    golds = [example.gold for example in read if example.gold is not None]
    names = sorted({name for gold in golds for _, name in kind_of(gold).classes(gold)})
    bin_ = spacy.tokens.DocBin(attrs=ATTRIBUTES, store_user_data=True)
    vocab = spacy.Vocab()
    for example in read:
        bin_.add(_document(example, names, spacy, vocab))
    with atomic_file(path, "wb") as file:
        file.write(bin_.to_bytes())


def _document(example: Example, names: Sequence[str], spacy: Any, vocab: Any) -> Any:
    """A document of the tokens of a text, and of the blanks between them that are no single space."""
    text: Text = example.input
    words, spaces, at = _words(text)
    doc = spacy.tokens.Doc(vocab, words=words, spaces=spaces)
    if doc.text != text.text:
        found = f"{text.text[:40]!r}, of which spaCy makes {doc.text[:40]!r}"
        raise DataError(str(example.source), found, "a text that its tokens make up", "Write JSON lines instead.")
    doc.user_data.update(example.fields)
    if example.gold is None:
        return doc
    kind = kind_of(example.gold)
    if kind.graph is None:
        own = {name for _, name in kind.classes(example.gold)}
        doc.cats = {name: float(name in own) for name in names or (NONE,)}
    else:
        _, spans, relations = kind.graph(text, example.gold)
        if isinstance(example.gold, Tags) and not spans and kind.behind(example.gold, 0):
            for number, label in enumerate(example.gold.labels):
                doc[at[number]].tag_ = label
            return doc
        made = {span: _span(doc, span, at, spacy) for span in spans}
        doc.set_ents([made[span] for span in without_overlaps(spans)], default="outside")
        doc.spans[GROUPS[0]] = [made[span] for span in spans]
        doc.user_data |= _related(spans, relations, at)
    return doc


def _related(spans: Sequence[Span], relations: Sequence[Relation], at: Sequence[int]) -> dict[Any, Any]:
    """The relations by their first tokens, and those whole that would be taken for others so."""
    rel: dict[tuple[int, int], dict[str, float]] = {}
    whole: list[list[Any]] = []
    for one in relations:
        if all(begins(end.start, spans) == end for end in (one.head, one.tail)):
            rel.setdefault((at[one.head.start], at[one.tail.start]), {})[one.label] = 1.0
        else:
            ends = ([at[end.start], at[end.end - 1], end.label] for end in (one.head, one.tail))
            whole.append([*itertools.chain(*ends), one.label])
    return {RELATIONS: rel, **({WHOLE: whole} if whole else {})}


def _words(text: Text) -> tuple[list[str], list[bool], list[int]]:
    """spaCy's tokens, whether a space follows each, and the place of each of ours among them."""
    words: list[str] = []
    spaces: list[bool] = []
    at: list[int] = []
    end = 0
    for word, start, after in [*text.tokens, ("", len(text.text), len(text.text))]:
        gap = text.text[end:start]
        if gap.startswith(" ") and words:
            spaces[-1], gap = True, gap[1:]
        if gap:
            words.append(gap)
            spaces.append(False)
        if word:
            at.append(len(words))
            words.append(word)
            spaces.append(False)
        end = after
    return words, spaces, at


def _span(doc: Any, span: Span, at: Sequence[int], spacy: Any) -> Any:
    return spacy.tokens.Span(doc, at[span.start], at[span.end - 1] + 1, label=span.label)


FORMAT = Target(
    name="spacy",
    reads="spacy",
    summary="spaCy's DocBin, a .spacy file",
    answers=(Graph, Label, Tags),
    holds=frozenset(Holds) - {Holds.pairs, Holds.lost, Holds.predictions, Holds.scores},
    write=write,
)
