"""Facts as RDF, in N-Triples or Turtle.

Entities and relations are `urn:spanloom:entity:KEY` and `urn:spanloom:relation:LABEL`. Beside each triple stands a
statement about it, as RDF's reification has it, with the score and where the fact was found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from spanloom.store.kept import Fact, Name
from spanloom.store.names import key_of
from spanloom.write.lines import atomic_text

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
XSD = "http://www.w3.org/2001/XMLSchema#"
ABOUT = "urn:spanloom:about:"
PREFIXES = {"rdf": RDF, "rdfs": RDFS, "xsd": XSD, "about": ABOUT}

_ESCAPED = re.compile('[\\x00-\\x1f"\\\\\\x7f]')
_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}

Write = Callable[[str], str]
"""An address -> how the format writes it."""


class Triple(NamedTuple):
    """Three terms as they are written."""

    subject: str
    predicate: str
    object: str


def write_ntriples(path: Path, facts: Callable[[], Iterator[Fact]]) -> int:
    """Write a triple a line; how many facts."""
    return _write(path, facts, "", lambda address: f"<{address}>")


def write_turtle(path: Path, facts: Callable[[], Iterator[Fact]]) -> int:
    """Write the same triples with short names for what is not of the texts; how many facts."""
    head = "".join(f"@prefix {name}: <{address}> .\n" for name, address in PREFIXES.items())
    return _write(path, facts, head + "\n", _shortened)


def _write(path: Path, facts: Callable[[], Iterator[Fact]], head: str, write: Write) -> int:
    named: set[str] = set()
    count = 0
    with atomic_text(path) as file:
        file.write(head)
        for count, fact in enumerate(facts(), start=1):
            for triple in _triples(fact, f"_:f{count}", named, write):
                file.write(f"{' '.join(triple)} .\n")
    return count


def _triples(fact: Fact, statement: str, named: set[str], write: Write) -> Iterator[Triple]:
    """The triples of a fact. named: the entities whose names stand there already."""
    for name in (fact.head, fact.tail):
        if (address := _entity(name)) not in named:
            named.add(address)
            yield Triple(write(address), write(f"{RDFS}label"), literal(name.entity))
    parts = _entity(fact.head), f"urn:spanloom:relation:{quote(fact.relation, safe='')}", _entity(fact.tail)
    head, relation, tail = map(write, parts)
    yield Triple(head, relation, tail)
    yield Triple(statement, write(f"{RDF}type"), write(f"{RDF}Statement"))
    for role, term in (("subject", head), ("predicate", relation), ("object", tail)):
        yield Triple(statement, write(f"{RDF}{role}"), term)
    if fact.score is not None:
        yield Triple(statement, write(f"{ABOUT}score"), f'"{fact.score!r}"^^{write(f"{XSD}double")}')
    origin = fact.origin
    said = {"sentence": fact.sentence, "document": origin.document, "model": origin.model}
    for name_of, value in said.items():
        yield Triple(statement, write(f"{ABOUT}{name_of}"), literal(value))
    yield Triple(statement, write(f"{ABOUT}at"), f'"{origin.at}"^^{write(f"{XSD}dateTime")}')


def literal(text: str) -> str:
    """Text between quote marks, as both formats write it."""
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    return _NAMED.get(found[0]) or f"\\u{ord(found[0]):04X}"


def _entity(name: Name) -> str:
    return f"urn:spanloom:entity:{quote(key_of(name.entity), safe='')}"


def _shortened(address: str) -> str:
    for name, beginning in PREFIXES.items():
        if address.startswith(beginning):
            return f"{name}:{address.removeprefix(beginning)}"
    return f"<{address}>"
