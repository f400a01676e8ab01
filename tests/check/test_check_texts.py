from __future__ import annotations

from pathlib import Path

from spanloom.answers.surprisal import Surprisal
from spanloom.check.texts import check_texts
from spanloom.config import DataConfig
from spanloom.read import read
from spanloom.text.units import UnitCodec, UnitReader

TRAIN = "The tide took the old boat.\nNobody saw it leave the bay.\nThe tide took the old boat.\n"
DEV = "Nobody saw it leave the bay.\nÆons passed.\n"


def test_counts_repeats_and_what_is_lost(tmp_path: Path) -> None:
    for name, text in (("train.txt", TRAIN), ("dev.txt", DEV)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    train, dev = (list(read(tmp_path / name, DataConfig(), Surprisal)) for name in ("train.txt", "dev.txt"))
    units = UnitCodec.fit((example.input for example in train), UnitReader("character", False), 0, 1)
    found = check_texts(train, dev, units)
    sizes, shares = found["gold"]["sizes"], found["gold"]["shares"]
    assert sizes["characters"] == sizes["units"] == len(TRAIN)
    assert sizes["different units"] == len(set(TRAIN))
    assert shares["characters lost in encoding"] == shares["unknown units"] == 0.0
    assert shares["dev unknown units"] == shares["dev characters lost in encoding"] == round(3 / len(DEV), 6)  # Æ, n, p
    again = found["issues"]["line that comes again"]
    assert again["count"] == 1
    assert "train.txt:3: The tide took the old boat. was at" in again["first"][0]
    assert again["first"][0].endswith("train.txt:1")
    assert found["issues"]["dev line that is in train"]["count"] == 1


def test_words_lose_the_spaces_that_are_not_single(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("one  boat\nleft", encoding="utf-8")
    examples = list(read(tmp_path / "text.txt", DataConfig(), Surprisal))
    units = UnitCodec.fit((example.input for example in examples), UnitReader("word", False), 0, 1)
    lost = check_texts(examples, None, units)["gold"]["shares"]["characters lost in encoding"]
    assert lost == round(1 / 14, 6)  # the line break; the second space stands in for it
