"""A tokenizer with fewer pieces: what is spelt by a piece that is gone is spelt by those that are kept.

Words that need kept pieces alone are cut as before, so that nothing changes for them. That holds because

- the best path through a Unigram lattice stays the best when others are taken out. What an unknown character costs
  depends on the least likely piece, which therefore stays;
- WordPiece takes the longest piece that fits at each place: with fewer of them, the same one;
- BPE takes the first merge of its list that applies: with fewer of them, the same one, as long as all merges that lead
  to a kept piece are kept too.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from tokenizers import Tokenizer

from spanloom.core import Array
from spanloom.text.tokenizer_json import parse_tokenizer

WORD_STARTS = "▁Ġ"
"""What stands for the space before a word, of SentencePiece and of byte-level BPE."""

SPARE = "[unused"
"""What names of pieces that BERT's vocabularies have to spare begin with: no text needs them."""

FIRST = 8
"""Special pieces below this number keep it: some encoders count positions from the number of the padding piece."""

AT_ONCE = 1000  # words


class Kept(NamedTuple):
    """tokenizer: its JSON. rows [K]: of each piece that is kept, the number that it had. of: how many there were."""

    tokenizer: str
    rows: Array
    of: int


def keep_pieces(tokenizer_json: str, words: Iterable[str], first: int = 0) -> Kept:
    """The tokenizer cut down to the pieces that these words need, and the `first` of its vocabulary.

    Vocabularies stand in order of frequency, more or less. Kept besides: special pieces, those of one character, and
    those with a character that no other piece spells. Raises ValueError for a kind of tokenizer that is not known.
    """
    tokenizer = parse_tokenizer(tokenizer_json)[1]
    table = json.loads(tokenizer.to_str())  # of whatever version the file is, this is the library's present form
    model = table["model"]
    if model["type"] not in _CUT:
        raise ValueError(f"its tokenizer is of the kind {model['type']}, not {', '.join(_CUT)}")
    numbers: dict[str, int] = tokenizer.get_vocab(with_added_tokens=True)
    added = [token["id"] for token in table["added_tokens"]]
    used = sorted(number for name, number in numbers.items() if not name.startswith(SPARE))
    keep = {*added, *used[:first], *range(1 + max((number for number in added if number < FIRST), default=-1))}
    keep |= _needed(tokenizer, words)
    keep |= {number for name, number in numbers.items() if _stays(name, numbers, model)}
    keep |= {numbers[name] for name in _asked_for(table) if name in numbers}
    names = {name for name, number in numbers.items() if number in keep}
    _CUT[model["type"]](model, names)
    _renumber(table)
    made = json.dumps(table, ensure_ascii=False, separators=(",", ":"))
    new = Tokenizer.from_str(made).get_vocab(with_added_tokens=True)
    ordered = sorted(new, key=new.__getitem__)
    assert [new[name] for name in ordered] == list(range(len(new))), "pieces are numbered without a gap"
    return Kept(made, np.array([numbers[name] for name in ordered], dtype=np.int64), len(numbers))


def _needed(tokenizer: Tokenizer, words: Iterable[str]) -> set[int]:
    distinct = list(dict.fromkeys(words))
    lists = [distinct[start : start + AT_ONCE] for start in range(0, len(distinct), AT_ONCE)]
    encoded = tokenizer.encode_batch(lists, is_pretokenized=True, add_special_tokens=False)
    return {number for encoding in encoded for number in encoding.ids}


def _stays(name: str, numbers: Mapping[str, int], model: Mapping[str, Any]) -> bool:
    """Whether a piece is of one character, with or without a mark of a word's start or middle, or cannot be spelt."""
    prefix = model.get("continuing_subword_prefix") or ""
    inner = bool(prefix) and name.startswith(prefix)
    bare = (name.removeprefix(prefix) if inner else name).lstrip(WORD_STARTS)
    if len(bare.removesuffix(model.get("end_of_word_suffix") or "")) <= 1:
        return True
    if model.get("byte_fallback") and name.startswith("<0x"):  # a byte, of what no piece spells
        return True
    if model["type"] == "BPE" or name.startswith(SPARE):  # merges spell it; nothing is to be spelt
        return False
    singles = [one if place == 0 and not inner else f"{prefix}{one}" for place, one in enumerate(bare)]
    return not all(single in numbers for single in singles)


def _cut_unigram(model: dict[str, Any], names: set[str]) -> None:
    entries = model["vocab"]
    least = min(entries, key=lambda entry: entry[1])
    unknown = None if model["unk_id"] is None else entries[model["unk_id"]]
    model["vocab"] = [entry for entry in entries if entry[0] in names or entry is least or entry is unknown]
    if unknown is not None:
        model["unk_id"] = next(number for number, entry in enumerate(model["vocab"]) if entry is unknown)


def _cut_wordpiece(model: dict[str, Any], names: set[str]) -> None:
    ordered = sorted(names & model["vocab"].keys(), key=model["vocab"].__getitem__)
    model["vocab"] = {name: number for number, name in enumerate(ordered)}


def _cut_bpe(model: dict[str, Any], names: set[str]) -> None:
    """Keep, with each piece, all merges that lead to it and the pieces that they merge."""
    prefix = model.get("continuing_subword_prefix") or ""
    parts: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for left, right in model["merges"]:
        parts[left + right.removeprefix(prefix)].append((left, right))
    kept, open_ = set(names), list(names)
    while open_:
        for merge in parts.get(open_.pop(), ()):
            open_ += [part for part in merge if part not in kept]
            kept.update(merge)
    model["merges"] = [[left, right] for left, right in model["merges"] if left + right.removeprefix(prefix) in kept]
    _cut_wordpiece(model, kept)


_CUT = {"Unigram": _cut_unigram, "WordPiece": _cut_wordpiece, "BPE": _cut_bpe}


def _renumber(table: dict[str, Any]) -> None:
    """Give added pieces, and those that stand around a text, their new numbers."""
    vocab = table["model"]["vocab"]
    numbers = vocab if isinstance(vocab, dict) else {name: number for number, (name, _) in enumerate(vocab)}
    numbers = dict(numbers)
    for token in table["added_tokens"]:  # those that are not in the vocabulary come behind it
        token["id"] = numbers.setdefault(token["content"], len(numbers))
    table["added_tokens"].sort(key=lambda token: token["id"])
    for part in _processors(table["post_processor"]):
        for ends in part.keys() & _ENDS:
            part[ends][1] = numbers[part[ends][0]]
        for special in part.get("special_tokens", {}).values():
            special["ids"] = [numbers[name] for name in special["tokens"]]


def _asked_for(table: Mapping[str, Any]) -> Iterator[str]:
    """The unknown piece, if it has a name, and those that stand around a text."""
    if table["model"].get("unk_token") is not None:
        yield table["model"]["unk_token"]
    for part in _processors(table["post_processor"]):
        yield from (part[ends][0] for ends in part.keys() & _ENDS)
        for special in part.get("special_tokens", {}).values():
            yield from special["tokens"]


_ENDS = {"sep", "cls"}
"""Of BERT's and RoBERTa's own processors: [name, number]."""


def _processors(part: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """What puts special pieces around a text; a sequence of such is gone through."""
    if part is not None:
        yield part
        for inner in part.get("processors", ()):
            yield from _processors(inner)
