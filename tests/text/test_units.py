from __future__ import annotations

import numpy as np
import pytest

from from_scratch.characters import ALPHABET, numbers_of
from spanloom.inputs import Text
from spanloom.text.units import UnitCodec, UnitKind, UnitReader, normalised
from spanloom.text.vocab import UNKNOWN
from spanloom.text.windows import part_of_text
from spanloom.text.words import tokenize

SAMPLE = "  Ünder the Bridge -- 12 boats\n(all of them OLD) sway.\n"


def text_of(text: str) -> Text:
    return Text(text, tokenize(text))


def pieces_json() -> str:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    words = {"[UNK]": 0, "the": 1, "boat": 2, "##s": 3, "sway": 4, ".": 5}
    tokenizer = Tokenizer(models.WordPiece(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece()
    return str(tokenizer.to_str())


def test_a_normalised_text_is_that_of_from_scratch() -> None:
    for text in (SAMPLE, "", "abc", "!!", "A Kelvin sign: \u212a", "tail  "):
        plain, places = normalised(text)
        assert plain == "".join(ALPHABET[number] for number in numbers_of(text))
        assert all(text[place].lower() == letter for letter, place in zip(plain, places, strict=True) if letter != " ")


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("kind", ["character", "word"])
def test_each_unit_counts_to_one_token_and_windows_share_them_out(kind: UnitKind, normalise: bool) -> None:
    reader, text = UnitReader(kind, normalise), text_of(SAMPLE)
    whole = reader.read(text)
    assert whole.ends[-1] == len(whole.names)
    assert (np.diff(whole.ends) >= 0).all()
    first, second = (reader.read(part_of_text(text, window)) for window in ((0, 5), (5, len(text.tokens))))
    if not normalise:
        assert first.names + second.names == whole.names
        assert [*first.ends, *(second.ends + len(first.names))] == whole.ends.tolist()


def test_a_space_counts_to_the_token_behind_it() -> None:
    found = UnitReader("character", False).read(text_of(" a bc. \n"))
    assert "".join(found.names) == " a bc. \n"
    assert found.ends.tolist() == [2, 5, 8]  # " a", " bc", ". \n"
    assert found.characters == 8


def test_normalised_words_may_be_fewer_than_tokens() -> None:
    found = UnitReader("word", True).read(text_of("Well-known -- boats , 12"))
    assert found.names == ("well", "known", "boats")
    assert found.ends.tolist() == [2, 2, 3, 3, 3]


def test_wordpieces_and_back() -> None:
    reader = UnitReader("piece", False, pieces_json())
    found = reader.read(text_of("the boats sway ."))
    assert found.names == ("the", "boat", "##s", "sway", ".")
    assert found.ends.tolist() == [1, 3, 4, 5]
    assert reader.join(found.names) == "the boats sway."


def test_unknown_units_are_unknown_whatever_their_case() -> None:
    codec = UnitCodec.fit([text_of("a boat")], UnitReader("character", False), 0, 1)
    assert codec.number("B") == UNKNOWN != codec.number("b")
    assert codec.join(codec.numbers("a Boat")) == "a oat"
    again = UnitCodec.from_dict(codec.to_dict(), None)
    assert again.numbers("boat").tolist() == codec.numbers("boat").tolist()
    assert len(UnitCodec.fit([text_of("a boat")], UnitReader("character", False), 0, 2)) == 3  # the a, and the two
