from __future__ import annotations

from typing import NamedTuple

import pytest

from spanloom.answers.surprisal import Surprisal
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Text
from spanloom.metrics.surprisal import surprisal_scorecard
from spanloom.text.words import tokenize


class Size(NamedTuple):
    characters: int
    units: int
    unknown: int


def example(text: str) -> Example:
    return Example(Text(text, tokenize(text)), Surprisal())


def test_by_hand() -> None:
    """Two texts of 4 + 2 units and 8 + 4 characters, which cost 9 + 3 bits."""
    card = surprisal_scorecard(
        [example("salt rope"), example("boat")],
        [Surprisal((4.0, 5.0)), Surprisal((3.0,))],
        [Size(8, 4, 1), Size(4, 2, 0)],
    )
    assert card["summary"] == {
        "perplexity": 4.0,
        "bits_per_unit": 2.0,
        "bits_per_character": 1.0,
        "unknown": pytest.approx(1 / 6),
    }
    low, high = card["overall"]["perplexity"]["interval"]
    assert 2**1.5 <= low <= 4.0 <= high <= 2**2.25  # the two texts drawn twice each are the extremes
    assert card["size"] == {"texts": 2, "tokens": 3, "units": 6, "unknown units": 1, "characters": 12}
    worst = card["errors"]["worst"][0]
    assert (worst["text"], worst["errors"][0]["gold"], worst["errors"][0]["type"]) == ("salt rope", "rope", "5.0 bits")


def test_one_prediction_a_text() -> None:
    with pytest.raises(DataError, match="0 predictions for 1 text;"):
        surprisal_scorecard([example("salt")], [], [Size(4, 4, 0)])
