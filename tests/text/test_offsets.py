"""Words of many scripts, emoji, accents and wide letters keep their pieces, and answers their characters, whatever kind
of tokenizer an encoder has.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from spanloom.text.pieces import Pieces, PieceTokenizer
from spanloom.text.words import tokenize
from tests.text.other_tokenizers import byte_level_tokenizer, names_of, unigram_tokenizer, wordpiece_tokenizer

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
WORDS = [
    *("Grüße", "Gru\u0308\u00dfe", "naïve", "nai\u0308ve", "\uff21\uff22\uff43", "\uff76\uff9e", "ﬁn", "½", "ß"),
    *("Ещё", "мир", "γειά", "שלום", "سلام", "नमस्ते", "ไทย", "한국", "\u1112\u1161\u11ab", "中", "国", "かな", "𠮷"),
    *(FAMILY, "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd", "1\ufe0f\u20e3", "\u2764\ufe0f", "\U0001f600"),
    *("ab", "abab", ".", "!!", "\u200b", "\u00ad", "a\u200bb", "don't", "x=1"),
]
ANY = st.text(st.characters(exclude_categories=("Cs", "Zs", "Zl", "Zp", "Cc")), min_size=1, max_size=6)
SENTENCES = st.lists(st.one_of(st.sampled_from(WORDS), ANY), min_size=1, max_size=8)


LETTERS = {letter for word in WORDS for form in ("NFC", "NFD", "NFKC") for letter in unicodedata.normalize(form, word)}
KINDS = {
    "unigram": unigram_tokenizer(LETTERS),
    "byte level": byte_level_tokenizer(),
    "wordpiece": wordpiece_tokenizer(LETTERS),
}
NAMES = {kind: names_of(text) for kind, text in KINDS.items()}
TOKENIZERS = {kind: PieceTokenizer(text) for kind, text in KINDS.items()}


def spelt(kind: str, pieces: list[str]) -> str:
    """What pieces of one word spell."""
    if kind == "byte level":
        return bytes(LETTER_BYTES[letter] for piece in pieces for letter in piece).decode().removeprefix(" ")
    if kind == "unigram":
        return "".join(pieces).replace("▁", "")
    return "".join(piece.removeprefix("##") for piece in pieces)


def byte_letters() -> dict[str, int]:
    """GPT-2's letter of each byte: a printable one is itself, the others follow from 256 on, in their order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {chr(number): number for number in printable}
    return letters | {
        chr(256 + place): number for place, number in enumerate(n for n in range(256) if n not in printable)
    }


LETTER_BYTES = byte_letters()


def written(kind: str, word: str) -> str:
    """What the pieces of a word have to spell: the word as the tokenizer folds it."""
    if kind == "byte level":
        return word
    return "".join(Tokenizer.from_str(KINDS[kind]).normalizer.normalize_str(word).split())


def runs(kind: str, pieces: Pieces) -> list[list[str]]:
    names = [NAMES[kind][number] for number in pieces.ids]
    return [names[first : last + 1] for first, last in zip(pieces.first, pieces.last, strict=True)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_word_is_spelt_by_its_own_pieces(kind: str) -> None:
    """Word by word, and with all neighbours: nothing moves over to another word."""
    found = runs(kind, TOKENIZERS[kind].encode(WORDS))
    assert len(found) == len(WORDS)
    for word, pieces in zip(WORDS, found, strict=True):
        assert pieces, word
        if written(kind, word) and "<unk>" not in pieces:
            assert spelt(kind, pieces) == written(kind, word), word
        assert pieces == runs(kind, TOKENIZERS[kind].encode([word]))[0], word
    known = sum("<unk>" not in pieces for pieces in found)
    assert known >= len(WORDS) - 4, "nearly all can be compared"


@settings(max_examples=80, deadline=None, derandomize=True)
@given(SENTENCES)
def test_pieces_lie_side_by_side_and_none_is_left_over(words: list[str]) -> None:
    for kind, tokenizer in TOKENIZERS.items():
        pieces = tokenizer.encode(words)
        alone = [tokenizer.encode([word]) for word in words]
        frame = len(alone[0].ids) - int(alone[0].last[0] - alone[0].first[0] + 1)
        assert (pieces.first <= pieces.last).all(), kind
        np.testing.assert_array_equal(pieces.first[1:], pieces.last[:-1] + 1)
        assert len(pieces.ids) - frame == int(pieces.last[-1]) - int(pieces.first[0]) + 1
        for place, one in enumerate(alone):
            wanted = one.ids[int(one.first[0]) : int(one.last[0]) + 1]
            np.testing.assert_array_equal(pieces.ids[pieces.first[place] : pieces.last[place] + 1], wanted)


def test_a_word_over_bytes_begins_with_its_space_wherever_it_stands() -> None:
    assert '"add_prefix_space":false' in byte_level_tokenizer().replace(" ", "")
    assert runs("byte level", TOKENIZERS["byte level"].encode(["ab", "ab", "b"])) == [["Ġab"], ["Ġab"], ["Ġ", "b"]]
    assert PieceTokenizer(TOKENIZERS["byte level"].json).json == TOKENIZERS["byte level"].json


def test_tokens_of_a_text_cut_out_their_own_characters() -> None:
    text = f"Grüße, Gru\u0308\u00dfe! {FAMILY}\U0001f1e9\U0001f1ea中国\uff21\uff22\uff43 한국 𠮷x"
    tokens = tokenize(text)
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert [token.text for token in tokens] == [
        *("Grüße", ",", "Gru\u0308\u00dfe", "!", FAMILY, "\U0001f1e9\U0001f1ea", "中", "国", "\uff21\uff22\uff43"),
        *("한국", "𠮷", "x"),
    ]
