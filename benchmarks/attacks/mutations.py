"""Seeded damage to bytes, to lines, and to values inside JSON, each kind by a short name."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

Damage = Callable[[bytes, random.Random], bytes]

ESCAPE = "\x1b[31mred\x1b[0m"
ODD_VALUES: tuple[tuple[str, str], ...] = (
    ("null", "null"),
    ("true", "true"),
    ("minus one", "-1"),
    ("zero", "0"),
    ("a fraction", "0.5"),
    ("400 digits", "9" * 400),
    ("5,000 digits", "9" * 5000),
    ("1e400", "1e400"),
    ("NaN", "NaN"),
    ("an empty string", '""'),
    ("an escape sequence", json.dumps(ESCAPE)),
    ("half a character", '"\\ud800"'),
    ("a NUL", '"\\u0000"'),
    ("a long string", json.dumps("x" * 100_000)),
    ("an empty list", "[]"),
    ("an empty object", "{}"),
    ("a deep list", "[" * 3000 + "]" * 3000),
)
"""JSON texts that stand in for a value."""

HOLE = "\ue000hole\ue000"


def _at(content: bytes, chance: random.Random) -> int:
    return chance.randrange(len(content) + 1)


def _insert(what: bytes) -> Damage:
    def damage(content: bytes, chance: random.Random) -> bytes:
        at = _at(content, chance)
        return content[:at] + what + content[at:]

    return damage


def _remove(content: bytes, chance: random.Random) -> bytes:
    at = _at(content, chance)
    return content[:at] + content[at + chance.choice((1, 1, 2, 8)) :]


def _flip(content: bytes, chance: random.Random) -> bytes:
    if not content:
        return content
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :]


def _lines(change: Callable[[list[bytes], random.Random], list[bytes]]) -> Damage:
    return lambda content, chance: b"\n".join(change(content.split(b"\n"), chance))


def _swap(lines: list[bytes], chance: random.Random) -> list[bytes]:
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return lines


def _drop(lines: list[bytes], chance: random.Random) -> list[bytes]:
    del lines[chance.randrange(len(lines))]
    return lines or [b""]


def _double(lines: list[bytes], chance: random.Random) -> list[bytes]:
    at = chance.randrange(len(lines))
    return [*lines[: at + 1], *lines[at:]]


BYTES: dict[str, Damage] = {
    "a bit flipped": _flip,
    "bytes removed": _remove,
    "cut short": lambda content, chance: content[: _at(content, chance)],
    "emptied": lambda content, chance: b"",
    "a NUL": _insert(b"\0"),
    "byte 0xff": _insert(b"\xff"),
    "half a surrogate pair": _insert(b"\xed\xa0\x80"),
    "an escape sequence": _insert(ESCAPE.encode()),
    "a byte order mark": _insert(b"\xef\xbb\xbf"),
    "a line separator": _insert("\u2028".encode()),
    "a direction override": _insert("\u202e".encode()),
    "2,000 blanks": _insert(b" " * 2000),
    "200,000 letters": _insert(b"x" * 200_000),
    "digits": _insert(b"99999999999999999999"),
    "a tab": _insert(b"\t"),
    "a line break": _insert(b"\n"),
    "a bracket": _insert(b"]"),
    "a quote": _insert(b'"'),
    "a comment": _insert(b"\n# x = y\n"),
    "lines swapped": _lines(_swap),
    "a line left out": _lines(_drop),
    "a line twice": _lines(_double),
    "carriage returns": lambda content, chance: content.replace(b"\n", b"\r\n"),
    "tabs to spaces": lambda content, chance: content.replace(b"\t", b" "),
    "UTF-16": lambda content, chance: content.decode("utf-8", "replace").encode("utf-16"),
    "gzip": lambda content, chance: gzip.compress(content, mtime=0),
    "gzip cut short": lambda content, chance: gzip.compress(content, mtime=0)[:-9],
    "zip": lambda content, chance: b"PK\x03\x04" + content,
}


def damaged(content: bytes, chance: random.Random) -> tuple[str, bytes]:
    """One kind of damage to some bytes, by its name."""
    name = chance.choice(sorted(BYTES))
    return name, BYTES[name](content, chance)


# ---- JSON ------------------------------------------------------------------------------------------------------------


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a JSON value, the root left out."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def parse(content: bytes) -> tuple[Any, bool] | None:
    """JSON, or JSON lines as a list of them (then True); None for anything else."""
    try:
        text = content.decode("utf-8")
        try:
            return json.loads(text), False
        except ValueError:
            return [json.loads(line) for line in text.split("\n") if line.strip()], True
    except ValueError:
        return None


def damaged_json(content: bytes, chance: random.Random) -> tuple[str, bytes] | None:
    """A value replaced or left out, a key renamed or given twice; None where there is no JSON with anything in it."""
    parsed = parse(content)
    if parsed is None or not (found := list(places(parsed[0]))):
        return None
    root, lines = parsed
    *parents, last = chance.choice(found)
    holder = root
    for key in parents:
        holder = holder[key]
    where = "/".join(map(str, (*parents, last)))
    kind = chance.choice(("replaced", "replaced", "left out", "renamed", "twice"))
    if kind == "left out" or not isinstance(last, str):
        if kind in ("left out", "renamed", "twice"):
            del holder[last]
            return f"{where} left out", _dump(root, lines)
    elif kind in ("renamed", "twice"):
        name = f"{last}z" if kind == "renamed" else HOLE
        renamed = {}
        for key, value in holder.items():
            if key == last and kind == "twice":
                renamed[key] = value
            renamed[name if key == last else key] = value
        holder.clear()
        holder.update(renamed)
        return f"{where} {kind}", _dump(root, lines).replace(HOLE.encode(), last.encode())
    name, odd = chance.choice(ODD_VALUES)
    holder[last] = HOLE
    return f"{where} is {name}", _dump(root, lines).replace(json.dumps(HOLE, ensure_ascii=False).encode(), odd.encode())


def _dump(value: Any, lines: bool) -> bytes:
    if lines:
        return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in value).encode("utf-8", "surrogatepass")
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
