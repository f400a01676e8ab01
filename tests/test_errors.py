from __future__ import annotations

import pytest

from spanloom.errors import (
    CheckpointError,
    ConfigError,
    DataError,
    ExportRefused,
    MissingExtra,
    SpanloomError,
)


def test_an_error_is_one_sentence_and_a_remedy() -> None:
    error = DataError("train.conll:812", "tag 'I-LOC' follows 'O'", "BIO2 expects 'B-LOC' first", "Fix the line.")
    assert str(error) == "train.conll:812: tag 'I-LOC' follows 'O'; BIO2 expects 'B-LOC' first. Fix the line."


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("", "no '=' in it"), "no '=' in it"),
        (("a.toml", "no such file"), "a.toml: no such file"),
        (("a.toml", "is a directory", "a TOML file"), "a.toml: is a directory; a TOML file"),
        (("a.toml", "no such file", "", "Check the path."), "a.toml: no such file. Check the path."),
        (
            ("a.toml", "no key 'b'", "did you mean 'c'?", "Rename it."),
            "a.toml: no key 'b'; did you mean 'c'? Rename it.",
        ),
    ],
)
def test_empty_parts_leave_no_punctuation_behind(parts: tuple[str, ...], expected: str) -> None:
    assert str(SpanloomError(*parts)) == expected


def test_the_parts_stay_readable_on_their_own() -> None:
    error = CheckpointError("runs/a", "weights.safetensors is missing", "a run folder", "Train again.")
    assert (error.where, error.found) == ("runs/a", "weights.safetensors is missing")
    assert (error.expected, error.remedy) == ("a run folder", "Train again.")


def test_a_missing_extra_names_the_command_that_installs_it() -> None:
    assert str(MissingExtra("train", "train")) == (
        "train: needs packages that are not installed (the 'train' extra). "
        "Install it with: pip install 'spanloom[train]'"
    )


@pytest.mark.parametrize("kind", [DataError, ConfigError, CheckpointError, ExportRefused, MissingExtra])
def test_one_except_clause_catches_them_all(kind: type[SpanloomError]) -> None:
    assert issubclass(kind, SpanloomError)
