"""brat standoff: a folder with a `.txt` and an `.ann` file for each text, and the `annotation.conf` that brat asks for.

    T1<TAB>Person 0 10<TAB>Maria Lind
    R1<TAB>founder_of Arg1:T1 Arg2:T2

Offsets count characters. The id of a text is the name of its files; ids with slashes make folders inside. A span that
goes on on the next line has a fragment on each, as brat shows no other. Blanks in labels become `_`. brat holds nothing
else of a text. https://brat.nlplab.org/standoff.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from spanloom.answers.graph import Graph
from spanloom.core import Example
from spanloom.errors import ConfigError
from spanloom.inputs import Relation, Span, Text
from spanloom.read.brat import MARKS, TEXT
from spanloom.write import folders
from spanloom.write.formats.parts.held import ID
from spanloom.write.formats.parts.ledger import Ledger
from spanloom.write.formats.parts.target import Holds, Options, Target

NAME = re.compile(r"\w[\w.+-]{0,100}(?:/\w[\w.+-]{0,100}){0,8}")
"""An id that is the name of files, in folders perhaps."""

LINE = re.compile(r"[^\r\n]+")
CONFIGURATION = "annotation.conf"


def adapt(example: Example, ledger: Ledger) -> Example:
    """The example with labels of one word and an id that can name files."""
    if ID in example.fields and not NAME.fullmatch(str(example.fields[ID])):
        ledger.lose("id that is no name of a file", example.source, str(example.fields[ID])[:60])
        example = replace(example, fields={})
    if example.gold is None:
        return example
    gold: Graph = example.gold
    renamed = {span: replace(span, label=_one_word(span.label, example, ledger)) for span in gold.spans}
    relations = [
        Relation(renamed[one.head], renamed[one.tail], _one_word(one.label, example, ledger), one.score)
        for one in gold.relations
    ]
    return replace(example, gold=Graph(tuple(renamed[span] for span in gold.spans), tuple(relations)))


def _one_word(label: str, example: Example, ledger: Ledger) -> str:
    words = label.split()
    if len(words) == 1 and words[0] == label:
        return label
    ledger.lose("blank of a label", example.source, f"'{label}' is written '{'_'.join(words)}'")
    return "_".join(words)


@dataclass
class Names:
    """The names of the files of a folder: ids, and numbers for texts without one, none of them twice."""

    taken: set[str] = field(default_factory=set)

    def of(self, example: Example, number: int) -> str:
        wanted = str(example.fields.get(ID, f"{number:06d}"))
        name, again = wanted, 1
        while name.casefold() in self.taken:
            again += 1
            name = f"{wanted}-{again}"
        self.taken.add(name.casefold())
        return name


def write(path: Path, examples: Iterable[Example], options: Options) -> None:
    """Raises ConfigError where there is a file, or a folder that holds something."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        found = "is a folder with files in it" if path.is_dir() else "is a file"
        raise ConfigError(str(path), found, "a new folder", "Name another place, or move it away.")
    labels, related, names = dict[str, None](), dict[str, None](), Names()
    with folders.workshop(path) as work:
        for number, example in enumerate(examples, start=1):
            file = work / f"{names.of(example, number)}{TEXT}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(example.input.text.encode("utf-8", "backslashreplace"))
            gold: Any = example.gold
            lines = "".join(f"{line}\n" for line in _lines(example.input, gold))
            file.with_name(f"{file.name.removesuffix(TEXT)}{MARKS}").write_bytes(lines.encode())
            labels.update((span.label, None) for span in gold.spans)
            related.update((one.label, None) for one in gold.relations)
        (work / CONFIGURATION).write_bytes(_configuration(labels, related).encode())
        new = work / "whole"
        new.mkdir()
        for made in [one for one in work.iterdir() if one != new]:
            made.rename(new / made.name)
        folders.replace(new, path, ())


def _lines(text: Text, gold: Graph) -> Iterator[str]:
    names: dict[Span, str] = {}
    for number, span in enumerate(gold.spans, start=1):
        names.setdefault(span, f"T{number}")
        start, end = text.characters(span)
        pieces = [found for found in LINE.finditer(text.text, start, end) if found[0].strip()]
        places = ";".join(f"{piece.start()} {piece.end()}" for piece in pieces)
        yield f"T{number}\t{span.label} {places}\t{' '.join(piece[0] for piece in pieces)}"
    for number, one in enumerate(gold.relations, start=1):
        yield f"R{number}\t{one.label} Arg1:{names[one.head]} Arg2:{names[one.tail]}"


def _configuration(labels: Iterable[str], related: Iterable[str]) -> str:
    """The types that the files have, as brat wants them named. Any two entities may be related."""
    relations = [f"{name}\tArg1:<ENTITY>, Arg2:<ENTITY>" for name in related]
    parts = {"entities": list(labels), "relations": relations, "events": [], "attributes": []}
    return "\n".join(line for name, lines in parts.items() for line in (f"[{name}]", *lines, ""))


FORMAT = Target(
    name="brat",
    reads="brat",
    summary="brat standoff, a folder of .txt and .ann files",
    answers=(Graph,),
    holds=frozenset({Holds.relations, Holds.overlaps, Holds.spacing, Holds.empty, Holds.ids}),
    write=write,
    adapt=adapt,
)
