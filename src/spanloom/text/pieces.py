"""Words to wordpieces, with each word's first and last piece, so that a model over pieces can answer about words.

Letters: P pieces (with the two special ones), T words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from spanloom.core import Array
from spanloom.errors import CheckpointError
from spanloom.text.pretrained import LAYOUT, encoder_number, read_encoder_config
from spanloom.text.tokenizer_json import parse_tokenizer


class Pieces(NamedTuple):
    """ids [P]; first, last [T]: positions in `ids`, both inclusive, first <= last. cut: pieces that were given up."""

    ids: Array
    first: Array
    last: Array
    cut: int


class PieceRow(NamedTuple):
    """One text, or two side by side, as an encoder reads them, special pieces included.

    ids, types [P]: the pieces, and the type that the tokenizer gives each, 0 or 1. words [P]: the number of the word
    that a piece is of, counted through both texts, or -1 for a special piece. cut: pieces that were given up.
    """

    ids: Array
    types: Array
    words: Array
    cut: int


class PieceTokenizer:
    """A Hugging Face `tokenizer.json` used on words that are already split.

    limit: pieces a row at most, special ones included. Where the words need more, long words give up their middle
    pieces: no word is ever dropped. Raises ValueError for text that is no tokenizer, and (our own bug) when there are
    more words than the limit leaves room for.
    """

    def __init__(self, tokenizer_json: str, limit: int = 512) -> None:
        self.json, self._tokenizer = parse_tokenizer(tokenizer_json, by_word=True)
        self.limit = limit
        self._frames = {count: self._frame(count) for count in (1, 2)}
        self._unknown = self._unknown_id()

    def _frame(self, count: int) -> tuple[list[list[tuple[int, int]]], list[int]]:
        """The special pieces, (id, type), before, between and behind `count` texts; the type of each text."""
        encoding = self._tokenizer.encode(["a"], ["a"] if count == 2 else None, is_pretokenized=True)
        special: list[list[tuple[int, int]]] = [[] for _ in range(count + 1)]
        types = [0] * count
        place = 0
        for piece, kind, text in zip(encoding.ids, encoding.type_ids, encoding.sequence_ids, strict=True):
            if text is None:
                special[place].append((piece, kind))
            else:
                types[text], place = kind, text + 1
        return special, types

    def room(self, count: int) -> int:
        """How many pieces of `count` texts, 1 or 2, fit into a row beside the special ones."""
        return self.limit - sum(map(len, self._frames[count][0]))

    def _unknown_id(self) -> int:
        for name in ("[UNK]", "<unk>"):
            number = self._tokenizer.token_to_id(name)
            if number is not None:
                return int(number)
        return int(self._tokenizer.encode(["?"], is_pretokenized=True, add_special_tokens=False).ids[0])

    @property
    def size(self) -> int:
        """The number of piece ids, special ones included."""
        return int(self._tokenizer.get_vocab_size(with_added_tokens=True))

    def encode(self, words: Sequence[str]) -> Pieces:
        """Pieces of one sentence. A word that gives none (say, a lone zero-width mark) becomes the unknown piece."""
        by_word, cut = _shortened(self._by_word(words), self.room(1))
        before, after = ([piece for piece, _ in special] for special in self._frames[1][0])
        counts = np.array([len(pieces) for pieces in by_word], dtype=np.int64)
        last = len(before) + np.cumsum(counts) - 1
        flat = [piece for pieces in by_word for piece in pieces]
        ids = np.array(before + flat + after, dtype=np.int64)
        return Pieces(ids, last - counts + 1, last, cut)

    def encode_row(self, texts: Sequence[Sequence[str]]) -> PieceRow:
        """One text, or two, in words, in one row: `[CLS] first [SEP] second [SEP]`, or as the tokenizer has it."""
        special, types = self._frames[len(texts)]
        by_word, cut = _shortened([pieces for words in texts for pieces in self._by_word(words)], self.room(len(texts)))
        row = [(piece, kind, -1) for piece, kind in special[0]]
        start = 0
        for words, kind, behind in zip(texts, types, special[1:], strict=True):
            for number in range(start, start + len(words)):
                row += [(piece, kind, number) for piece in by_word[number]]
            row += [(piece, kind, -1) for piece, kind in behind]
            start += len(words)
        ids, kinds, numbers = np.array(row, dtype=np.int64).T
        return PieceRow(ids, kinds, numbers, cut)

    def _by_word(self, words: Sequence[str]) -> list[list[int]]:
        encoding = self._tokenizer.encode(list(words), is_pretokenized=True, add_special_tokens=False)
        by_word: list[list[int]] = [[] for _ in words]
        for piece, word in zip(encoding.ids, encoding.word_ids, strict=True):
            assert word is not None, "only special pieces belong to no word, and none were asked for"
            by_word[word].append(piece)
        return [pieces or [self._unknown] for pieces in by_word]


def with_own_pieces(tokenizer_json: str, words: Sequence[str]) -> str | None:
    """A tokenizer that makes a piece of its own of each of these words; None where its vocabulary has none to spare.

    BERT's vocabularies keep some for later use, `[unused0]` and so on: these become the words, vectors and all.
    """
    table = json.loads(tokenizer_json)
    vocabulary = table["model"].get("vocab")
    spare = [f"[unused{number}]" for number in range(100)]
    spare = [name for name in spare if isinstance(vocabulary, dict) and name in vocabulary][: len(words)]
    if len(spare) < len(words):
        return None
    renamed = dict(zip(spare, words, strict=True))
    table["model"]["vocab"] = {renamed.get(name, name): number for name, number in vocabulary.items()}
    flags = {"special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    table["added_tokens"] += [{"id": vocabulary[name], "content": word, **flags} for name, word in renamed.items()]
    table["added_tokens"].sort(key=lambda token: token["id"])
    return json.dumps(table, ensure_ascii=False)


def _shortened(by_word: list[list[int]], room: int) -> tuple[list[list[int]], int]:
    """The pieces of each word, long words without some of their middle, and how many were given up."""
    if len(by_word) > room:
        raise ValueError(f"{len(by_word)} words do not fit into {room} pieces")
    keep = max(map(len, by_word), default=1)
    while sum(min(len(pieces), keep) for pieces in by_word) > room:
        keep -= 1
    cut = sum(max(0, len(pieces) - keep) for pieces in by_word)
    return [
        pieces if len(pieces) <= keep else pieces[: keep - keep // 2] + pieces[len(pieces) - keep // 2 :]
        for pieces in by_word
    ], cut


LONGEST_ROW = 512
"""Pieces a row at most, whatever an encoder allows: attention grows with the square."""

ROW_STEP = 16
"""In a batch rows are padded to a multiple of this many pieces, which an encoder must have positions for too."""

FROM_PADDING = ("camembert", "data2vec-text", "mpnet", "xmod")
"""Encoders beside the RoBERTas, by their `model_type`, whose positions count from that of the padding piece."""


def read_limit(folder: Path) -> int:
    """How many pieces the encoder of this folder takes at once, special ones included, by its `config.json`.

    Raises CheckpointError where that file is damaged.
    """
    if not (folder / "config.json").exists():  # loading the encoder will say so
        return LONGEST_ROW
    table = read_encoder_config(folder)
    reserved = _reserved(table)
    positions = encoder_number(folder, table, ("max_position_embeddings",), LONGEST_ROW + reserved)
    if positions - reserved < ROW_STEP:
        found = f"max_position_embeddings is {positions}, which leaves no room for a text"
        raise CheckpointError(str(folder / "config.json"), found, f"{ROW_STEP + reserved} or more", "Check it.")
    return min((positions - reserved) // ROW_STEP * ROW_STEP, LONGEST_ROW)


def _reserved(table: Mapping[str, Any]) -> int:
    """How many positions stand before that of the first piece."""
    kind, padding = str(table.get("model_type", "")), table.get("pad_token_id", 1)
    if "roberta" not in kind and kind not in FROM_PADDING:
        return 0
    return 2 if kind == "mpnet" or not isinstance(padding, int) else max(0, padding) + 1


def read_tokenizer(folder: Path) -> str:
    """The `tokenizer.json` of an encoder folder. Raises CheckpointError where it is missing or no tokenizer."""
    path = folder / "tokenizer.json"
    try:
        text = path.read_text(encoding="utf-8")
        parse_tokenizer(text)
    except FileNotFoundError:
        found = "no tokenizer.json in this folder" if folder.is_dir() else "no such folder"
        raise CheckpointError(str(folder), found, LAYOUT, "Check model.encoder.path.") from None
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(str(path), f"cannot be read ({reason})", "a tokenizer", "Check its files.") from None
    return text
