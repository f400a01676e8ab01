from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanloom.errors import CheckpointError
from spanloom.text.kept_pieces import keep_pieces
from spanloom.text.pieces import Pieces, PieceTokenizer, read_limit, read_tokenizer, with_own_pieces
from spanloom.text.tokenizer_json import unspaced
from tests.text.other_tokenizers import byte_level_tokenizer, unigram_tokenizer, wordpiece_tokenizer
from tests.text.tiny_tokenizer import NUMBER, PIECES, tiny_tokenizer

words_of_letters = st.lists(st.text("abcde", min_size=1, max_size=12), max_size=8)


def names(pieces: Pieces) -> list[str]:
    return [PIECES[number] for number in pieces.ids]


def by_word(pieces: Pieces) -> list[list[str]]:
    found = names(pieces)
    return [found[first : last + 1] for first, last in zip(pieces.first, pieces.last, strict=True)]


@pytest.fixture(scope="module")
def tokenizer() -> PieceTokenizer:
    return PieceTokenizer(tiny_tokenizer())


def test_words_become_pieces_between_the_special_ones(tokenizer: PieceTokenizer) -> None:
    pieces = tokenizer.encode(["Abcd", "e", "a.b"])
    assert names(pieces) == ["[CLS]", "ab", "##cd", "e", "a", ".", "b", "[SEP]"]
    assert pieces.first.tolist() == [1, 3, 4]
    assert pieces.last.tolist() == [2, 3, 6]


def test_the_size_counts_every_piece(tokenizer: PieceTokenizer) -> None:
    assert tokenizer.size == len(PIECES)


def test_no_words_leave_the_special_pieces(tokenizer: PieceTokenizer) -> None:
    pieces = tokenizer.encode([])
    assert names(pieces) == ["[CLS]", "[SEP]"]
    assert (pieces.first.tolist(), pieces.last.tolist()) == ([], [])


def test_a_word_that_gives_no_piece_becomes_the_unknown_piece(tokenizer: PieceTokenizer) -> None:
    assert by_word(tokenizer.encode(["a", "\u200b", "", "b"])) == [["a"], ["[UNK]"], ["[UNK]"], ["b"]]
    assert by_word(tokenizer.encode(["z", "北"])) == [["[UNK]"], ["[UNK]"]]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(words_of_letters)
def test_every_word_is_the_run_of_its_own_pieces(words: list[str]) -> None:
    tokenizer = PieceTokenizer(tiny_tokenizer())
    pieces = tokenizer.encode(words)
    assert ["".join(run).replace("##", "") for run in by_word(pieces)] == words
    assert sum(map(len, by_word(pieces))) == len(pieces.ids) - 2


@settings(max_examples=60, deadline=None, derandomize=True)
@given(words_of_letters, st.integers(0, 10))
def test_long_words_give_up_their_middle_and_no_word_is_dropped(words: list[str], spare: int) -> None:
    limit = len(words) + 2 + spare
    tight = PieceTokenizer(tiny_tokenizer(), limit).encode(words)
    whole = by_word(PieceTokenizer(tiny_tokenizer()).encode(words))
    kept = by_word(tight)
    assert len(tight.ids) <= limit
    assert tight.cut == sum(map(len, whole)) - sum(map(len, kept))
    assert len(kept) == len(words)
    longest = max(map(len, kept), default=0)
    for before, after in zip(whole, kept, strict=True):
        assert after
        assert len(after) in (len(before), longest)  # none gives up more than the longest that is left
        half = -(-len(after) // 2)
        assert before[:half] + before[len(before) - (len(after) - half) :] == after


def test_what_fits_is_not_shortened() -> None:
    words = ["abcd", "eeee", "a"]  # 2, 4 and 1 pieces
    assert len(PieceTokenizer(tiny_tokenizer(), 9).encode(words).ids) == 9
    shortened = PieceTokenizer(tiny_tokenizer(), 8).encode(words)
    assert by_word(shortened) == [["ab", "##cd"], ["e", "##e", "##e"], ["a"]]


def test_more_words_than_the_limit_holds_are_our_own_bug() -> None:
    with pytest.raises(ValueError, match="4 words do not fit into 3 pieces"):
        PieceTokenizer(tiny_tokenizer(), 5).encode(["a"] * 4)


def test_stored_truncation_and_padding_are_not_used() -> None:
    tokenizer = PieceTokenizer(tiny_tokenizer(truncate=4, pad=12))
    assert len(tokenizer.encode(["a"] * 6).ids) == 8
    assert len(tokenizer.encode(["a"]).ids) == 3


def test_the_json_kept_makes_the_same_tokenizer(tokenizer: PieceTokenizer) -> None:
    table = json.loads(tokenizer.json)
    assert (table["truncation"], table["padding"]) == (None, None)
    again = PieceTokenizer(tokenizer.json)
    assert again.json == tokenizer.json
    assert again.encode(["abcde", "z"]).ids.tolist() == tokenizer.encode(["abcde", "z"]).ids.tolist()


def test_a_tokenizer_without_special_pieces_adds_none() -> None:
    table = json.loads(tiny_tokenizer())
    table["post_processor"] = None
    pieces = PieceTokenizer(json.dumps(table)).encode(["ab", "c"])
    assert pieces.ids.tolist() == [NUMBER["ab"], NUMBER["c"]]
    assert pieces.first.tolist() == pieces.last.tolist() == [0, 1]


def test_a_tokenizer_is_read_from_an_encoder_folder(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(tiny_tokenizer(), encoding="utf-8")
    assert json.loads(read_tokenizer(tmp_path)) == json.loads(tiny_tokenizer())


def test_a_missing_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no tokenizer\.json in this folder; .*Check model\.encoder\.path"):
        read_tokenizer(tmp_path)
    with pytest.raises(CheckpointError, match=r"nowhere: no such folder"):
        read_tokenizer(tmp_path / "nowhere")


def test_an_encoder_says_how_many_pieces_it_takes(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    assert read_limit(tmp_path) == 512  # no such file: loading the encoder will say so
    for table, limit in (
        ({"max_position_embeddings": 128}, 128),
        ({"max_position_embeddings": 8192}, 512),
        ({"max_position_embeddings": 130, "model_type": "xlm-roberta"}, 128),
        ({}, 512),
    ):
        config.write_text(json.dumps(table), encoding="utf-8")
        assert read_limit(tmp_path) == limit


def test_a_row_of_one_text_is_what_its_words_are(tokenizer: PieceTokenizer) -> None:
    row = tokenizer.encode_row([["Abcd", "e"]])
    assert row.ids.tolist() == tokenizer.encode(["Abcd", "e"]).ids.tolist()
    assert row.types.tolist() == [0, 0, 0, 0, 0]
    assert row.words.tolist() == [-1, 0, 0, 1, -1]


def test_a_row_of_two_texts_tells_them_apart_by_type(tokenizer: PieceTokenizer) -> None:
    row = tokenizer.encode_row([["Abcd", "e"], ["b", "\u200b"]])
    assert [PIECES[number] for number in row.ids] == ["[CLS]", "ab", "##cd", "e", "[SEP]", "b", "[UNK]", "[SEP]"]
    assert row.types.tolist() == [0, 0, 0, 0, 0, 1, 1, 1]
    assert row.words.tolist() == [-1, 0, 0, 1, -1, 2, 3, -1]


def test_a_row_is_framed_as_its_tokenizer_says() -> None:
    """RoBERTa's: two marks between the texts, and one type for both."""
    table = json.loads(tiny_tokenizer())
    mark, first, second = (
        {kind: {"id": name, "type_id": 0}}
        for kind, name in (("SpecialToken", "[SEP]"), *(("Sequence", name) for name in "AB"))
    )
    table["post_processor"]["pair"] = [mark, first, mark, mark, second, mark]
    row = PieceTokenizer(json.dumps(table)).encode_row([["a"], ["b"]])
    assert [PIECES[number] for number in row.ids] == ["[SEP]", "a", "[SEP]", "[SEP]", "b", "[SEP]"]
    assert not row.types.any()


def test_two_texts_share_the_room_of_a_row() -> None:
    tokenizer = PieceTokenizer(tiny_tokenizer(), limit=9)
    assert (tokenizer.room(1), tokenizer.room(2)) == (7, 6)
    row = tokenizer.encode_row([["aaaa", "b"], ["cccc"]])
    assert len(row.ids) <= 9
    assert {*row.words.tolist()} == {-1, 0, 1, 2}
    whole = PieceTokenizer(tiny_tokenizer()).encode_row([["aaaa", "b"], ["cccc"]])
    assert (row.cut, whole.cut) == (len(whole.ids) - len(row.ids), 0)
    with pytest.raises(ValueError, match="7 words do not fit into 6 pieces"):
        tokenizer.encode_row([["a"] * 4, ["b"] * 3])


def test_words_take_over_the_pieces_that_a_vocabulary_has_to_spare() -> None:
    table = json.loads(tiny_tokenizer())
    vocabulary = table["model"]["vocab"]
    for name in ("[unused3]", "[unused1]", "[unused9]"):
        vocabulary[name] = len(vocabulary)
    made = with_own_pieces(json.dumps(table), ["<a>", "</a>"])
    assert made is not None
    tokenizer = PieceTokenizer(made)
    assert tokenizer.size == len(vocabulary)
    ids = tokenizer.encode_row([["ab", "<a>", "c", "</a>", "a>"]]).ids.tolist()
    unknown, first, second = NUMBER["[UNK]"], vocabulary["[unused1]"], vocabulary["[unused3]"]
    assert ids == [NUMBER["[CLS]"], NUMBER["ab"], first, NUMBER["c"], second, NUMBER["a"], unknown, NUMBER["[SEP]"]]
    assert PieceTokenizer(tokenizer.json).encode_row([["<a>"]]).ids.tolist()[1] == first
    assert with_own_pieces(json.dumps(table), ["w", "x", "y", "z"]) is None
    assert with_own_pieces(tiny_tokenizer(), ["<a>"]) is None


SPACED = ["高", "ab", ",", "'s", "的", "カナ", "ไทย", "▁", "ab"]


def spelt(tokenizer: PieceTokenizer, words: list[str]) -> list[str]:
    """The pieces of each word, joined."""
    pieces, name = tokenizer.encode(words), tokenizer._tokenizer.id_to_token
    return ["".join(map(name, pieces.ids[a : b + 1])) for a, b in zip(pieces.first, pieces.last, strict=True)]


def test_no_space_is_marked_in_scripts_that_have_none() -> None:
    tokenizer_json = unigram_tokenizer("".join(SPACED).replace("▁", ""))
    assert spelt(PieceTokenizer(tokenizer_json), SPACED)[:4] == ["▁高", "▁ab", "▁,", "▁'s"]
    wanted = ["高", "▁ab", "▁,", "▁'s", "的", "カナ", "ไทย", "▁", "▁ab"]
    assert spelt(PieceTokenizer(unspaced(tokenizer_json)), SPACED) == wanted
    kept = PieceTokenizer(
        keep_pieces(unspaced(tokenizer_json), SPACED).tokenizer
    )  # a smaller vocabulary marks the same
    assert spelt(kept, SPACED) == wanted


@pytest.mark.parametrize("other", [byte_level_tokenizer(), wordpiece_tokenizer(), tiny_tokenizer()])
def test_tokenizers_that_mark_no_starts_stay_as_they_are(other: str) -> None:
    assert unspaced(other) == other
