"""Fewer pieces: what needs kept ones alone is cut as before, and all else is still spelt."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import BertProcessing
from tokenizers.processors import ByteLevel as Bytes
from tokenizers.processors import Sequence as InTurn

from spanloom.text.kept_pieces import Kept, keep_pieces
from spanloom.text.pieces import PieceTokenizer
from tests.text.larger_tokenizers import LETTERS, MAKERS, bpe, drawn_words, unigram, wordpiece
from tests.text.tiny_tokenizer import NUMBER


@pytest.fixture(scope="module", params=sorted(MAKERS))
def tokenizer(request: pytest.FixtureRequest) -> str:
    return MAKERS[request.param]()


def names_of(tokenizer_json: str) -> list[str]:
    numbers = Tokenizer.from_str(tokenizer_json).get_vocab(with_added_tokens=True)
    return sorted(numbers, key=numbers.__getitem__)


def spelling(names: Sequence[str], numbers: Sequence[int]) -> str:
    """What pieces say one after the other."""
    return "".join(names[number].removeprefix("##") for number in numbers)


def same(tokenizer_json: str, kept: Kept, words: Sequence[str]) -> bool:
    """Whether words are cut as before, special pieces around one text and around two among what is compared."""
    old, new = PieceTokenizer(tokenizer_json), PieceTokenizer(kept.tokenizer)
    pairs = [(old.encode(words).ids, new.encode(words).ids)]
    pairs.append((old.encode_row([words, words[:2]]).ids, new.encode_row([words, words[:2]]).ids))
    return all(np.array_equal(before, kept.rows[after]) for before, after in pairs)


def test_words_that_were_given_are_cut_as_before(tokenizer: str) -> None:
    words = drawn_words(2)
    kept = keep_pieces(tokenizer, words)
    assert len(kept.rows) < kept.of == len(names_of(tokenizer))
    assert [names_of(tokenizer)[row] for row in kept.rows] == names_of(kept.tokenizer)
    for start in range(0, len(words), 20):
        assert same(tokenizer, kept, words[start : start + 20])


def test_other_words_are_cut_as_before_if_they_need_what_is_kept_and_else_spelt(tokenizer: str) -> None:
    kept = keep_pieces(tokenizer, drawn_words(2, count=6), first=60)
    old, new = PieceTokenizer(tokenizer), PieceTokenizer(kept.tokenizer)
    have, names, otherwise = set(kept.rows.tolist()), names_of(tokenizer), 0
    for word in drawn_words(3, count=600):
        before, after = old.encode([word]).ids, kept.rows[new.encode([word]).ids]
        if have >= set(before.tolist()):
            assert np.array_equal(before, after), word
        else:
            otherwise += 1
            assert "?" in word or spelling(names, after) == spelling(names, before)
    assert 30 < otherwise < 570, "the test says something of both"


def test_the_first_so_many_are_kept(tokenizer: str) -> None:
    kept = keep_pieces(tokenizer, [], first=50)
    spare = 10 * ("[unused0]" in names_of(tokenizer))
    assert set(kept.rows.tolist()) >= {0, *range(1 + spare, 50 + spare)}
    assert keep_pieces(tokenizer, [], first=10_000).rows.tolist() == [0, *range(1 + spare, kept.of)]


def test_specials_and_single_characters_always_are(tokenizer: str) -> None:
    names = set(names_of(keep_pieces(tokenizer, []).tokenizer))
    table = json.loads(tokenizer)
    assert names >= {token["content"] for token in table["added_tokens"]}
    assert names >= set(LETTERS)
    marked = {"Unigram": "▁", "WordPiece": "##", "BPE": ""}[table["model"]["type"]]
    assert names >= {f"{marked}{letter}" for letter in LETTERS}
    longest = max(len(name) for name in names if name not in {token["content"] for token in table["added_tokens"]})
    assert longest <= 3, "and no others, which are longer"


def test_what_only_one_piece_spells_stays() -> None:
    assert "aï" in names_of(keep_pieces(wordpiece(), []).tokenizer)
    assert "?a" in names_of(keep_pieces(unigram(), []).tokenizer)


def test_special_pieces_that_stand_first_keep_their_numbers() -> None:
    """RoBERTa and its kin count positions from the padding piece."""
    for made in (unigram(), bpe()):
        kept = keep_pieces(made, [])
        assert names_of(kept.tokenizer)[:4] == ["<s>", "<pad>", "</s>", "<unk>"] == names_of(made)[:4]


def test_special_pieces_beside_the_vocabulary_come_behind_it() -> None:
    made = unigram()
    kept = keep_pieces(made, ["ab"])
    assert names_of(kept.tokenizer)[-1] == "[Q]"
    assert kept.rows[-1] == len(names_of(made)) - 1


def test_pieces_around_a_text_are_renumbered_in_whatever_puts_them_there() -> None:
    made = Tokenizer.from_str(wordpiece())
    ends = [(name, made.token_to_id(name)) for name in ("[SEP]", "[CLS]")]
    made.post_processor = InTurn([Bytes(), BertProcessing(*ends)])
    kept = keep_pieces(made.to_str(), ["ab"])
    assert same(made.to_str(), kept, ["ab", "a", "b"])
    assert kept.rows[NUMBER["[CLS]"]] == NUMBER["[CLS]"] + 10, "ten spare pieces stood before it"


def test_a_word_piece_of_one_s_own_stays_one() -> None:
    made = Tokenizer.from_str(wordpiece())
    made.add_special_tokens([AddedToken("<a>", normalized=False)])
    kept = keep_pieces(made.to_str(), [])
    assert same(made.to_str(), kept, ["a", "<a>", "b"])
    assert len(PieceTokenizer(kept.tokenizer).encode(["<a>"]).ids) == 3


def test_a_kind_that_is_not_known_is_refused() -> None:
    made = Tokenizer(WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]"))
    made.pre_tokenizer = Whitespace()
    with pytest.raises(ValueError, match="is of the kind WordLevel, not Unigram, WordPiece, BPE"):
        keep_pieces(made.to_str(), [])
