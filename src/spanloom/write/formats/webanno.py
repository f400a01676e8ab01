"""WebAnno TSV 3.3, which INCEpTION imports: a file is one document, and each text a sentence of it.

    #T_SP=…ner.type.NamedEntity|value             entities, INCEpTION's own layer of named entities
    #T_RL=webanno.custom.Relation|label|BT_…      relations, a layer that the project must have, with a feature `label`

Offsets are UTF-16 code units. Blanks before the first token of a text and behind its last are not held.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from spanloom.answers.graph import Graph
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span, Text, Token
from spanloom.read.parts.utf16 import Utf16
from spanloom.read.parts.webanno import MEANINGS, NOTHING, SENTENCE_ID, TEXT
from spanloom.write.formats.parts.held import ID
from spanloom.write.formats.parts.ledger import Ledger
from spanloom.write.formats.parts.target import Holds, Options, Target
from spanloom.write.lines import atomic_text

NAMED = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
RELATED = "webanno.custom.Relation"
HEADER = f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NAMED}|value\n#T_RL={RELATED}|label|BT_{NAMED}\n\n"
WITHOUT = f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NAMED}|value\n\n"
RESERVED = re.compile(r"->|[\\\[\]|_;*\t\n\r]")
IN_TEXT = re.compile(r"[\\\t\n\r\f\b]")
LETTERS = {meaning: letter for letter, meaning in MEANINGS.items()}
CONTROL = re.compile(r"[\x00-\x07\x0e-\x1f]")


def adapt(example: Example, ledger: Ledger) -> Example:
    """The example without the blanks around its tokens."""
    text: Text = example.input
    begin, end = text.tokens[0].start, text.tokens[-1].end
    if (begin, end) != (0, len(text.text)):
        ledger.lose("blank around a text", example.source, repr(text.text[:begin] + text.text[end:])[:60])
        moved = tuple(Token(word, start - begin, after - begin) for word, start, after in text.tokens)
        example = replace(example, input=Text(text.text[begin:end], moved))
    return example


def write(path: Path, examples: Iterable[Example], options: Options) -> None:
    """Raises DataError for a text with control characters, which the format cannot hold."""
    read = list(examples)
    related = any(example.gold.relations for example in read if example.gold is not None)
    offset, counted = 0, itertools.count(1)
    with atomic_text(path) as file:
        file.write(HEADER if related else WITHOUT)
        for number, example in enumerate(read, start=1):
            names = _numbers(example.gold.spans, counted)  # type: ignore[union-attr]
            sentence = _Sentence(number, offset, names, related)
            file.write("\n" + "".join(f"{line}\n" for line in sentence.lines(example)))
            offset += Utf16(example.input.text).length + 1


def _numbers(spans: Sequence[Span], counted: Iterator[int]) -> dict[Span, int]:
    """A number for each span that goes over several tokens or shares one; they count through the file."""
    taken = Counter(place for span in spans for place in range(span.start, span.end))
    return {span: next(counted) for span in spans if span.end - span.start > 1 or taken[span.start] > 1}


class _Sentence(NamedTuple):
    """A sentence as it is written: its number, the code units before it, the numbers of its spans, and whether the file
    has columns for relations."""

    number: int
    offset: int
    names: Mapping[Span, int]
    related: bool

    def lines(self, example: Example) -> Iterator[str]:
        text: Text = example.input
        graph: Graph = example.gold  # type: ignore[assignment]
        if CONTROL.search(text.text):
            found = "a control character in the text"
            raise DataError(str(example.source), found, "text that a line of TSV holds", "Write JSON lines instead.")
        if ID in example.fields:
            yield f"{SENTENCE_ID}{_escaped(str(example.fields[ID]), IN_TEXT)}"
        for line in text.text.split("\n"):
            yield f"{TEXT}{_escaped(line, IN_TEXT)}"
        offsets = Utf16(text.text)
        for place, token in enumerate(text.tokens):
            start, end = (self.offset + offsets.units(edge) for edge in (token.start, token.end))
            spans = [span for span in graph.spans if span.start <= place < span.end]
            own = [one for one in graph.relations if one.tail.start == place]
            cells = [f"{self.number}-{place + 1}", f"{start}-{end}", token.text, self.entities(spans)]
            cells += self.relations(own) if self.related else []
            yield "\t".join([*cells, ""])

    def entities(self, spans: Sequence[Span]) -> str:
        """What stands in a cell of entities."""
        numbers = (f"[{self.names[span]}]" if span in self.names else "" for span in spans)
        return (
            "|".join(f"{_escaped(span.label)}{number}" for span, number in zip(spans, numbers, strict=True)) or NOTHING
        )

    def relations(self, own: Sequence[Relation]) -> tuple[str, str]:
        """The labels of the relations that lead to a token, and where each comes from."""
        references = []
        for one in own:
            head, tail = (self.names.get(end, 0) for end in (one.head, one.tail))
            which = f"[{head}_{tail}]" if head or tail else ""
            references.append(f"{self.number}-{one.head.start + 1}{which}")
        return "|".join(_escaped(one.label) for one in own) or NOTHING, "|".join(references) or NOTHING


def _escaped(value: str, marks: re.Pattern[str] = RESERVED) -> str:
    return marks.sub(lambda found: f"\\{LETTERS.get(found[0], found[0])}", value)


def settings(options: Options) -> Mapping[str, Any]:
    """Each text is a sentence of the one document."""
    return {"by_sentence": True}


FORMAT = Target(
    name="webanno",
    reads="webanno",
    summary="WebAnno TSV 3.3, each text a sentence of one document",
    answers=(Graph,),
    holds=frozenset({Holds.relations, Holds.overlaps, Holds.spacing, Holds.tokens, Holds.empty, Holds.ids}),
    write=write,
    adapt=adapt,
    settings=settings,
)
