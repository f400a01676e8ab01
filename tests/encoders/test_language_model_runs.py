"""What language models read of a sentence that comes in words, and the runs that a configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spanloom.config import RunConfig
from spanloom.encoders.language_model.config import LanguageModelEncoderConfig
from spanloom.encoders.language_model.features import unit_arrays
from spanloom.encoders.language_model.runs import language_model_folders
from spanloom.engine.model_folder import save_model
from spanloom.errors import CheckpointError, ConfigError
from spanloom.tasks import find_task
from spanloom.text.units import UnitCodec, UnitReader
from spanloom.text.vocab import Vocabulary
from tests.engine.toy import ToyCodec, ToyModel
from tests.language_model_runs import language_model_run
from tests.text.tiny_tokenizer import tiny_tokenizer


def arrays(kind: str, words: list[str], vocabulary: str | list[str], **reader: Any) -> dict[str, list[int] | int]:
    units = UnitCodec(UnitReader(kind, reader.pop("normalise", False), **reader), Vocabulary(list(vocabulary)))  # type: ignore[arg-type]
    return {name: array.tolist() for name, array in unit_arrays(units, words).items()}


def test_characters_with_a_space_between_words() -> None:
    assert arrays("character", ["ab", "c"], "ab c") == {
        "units": [0, 2, 3, 4, 5],  # BEGIN, a, b, space, c
        "unit_lengths": 5,
        "first": [1, 3],  # a space counts to the word behind it
        "last": [2, 4],
    }


def test_no_space_between_chinese_characters() -> None:
    found = arrays("character", ["中", "国"], "中国 ")
    assert (found["units"], found["first"], found["last"]) == ([0, 2, 3], [1, 2], [1, 2])


def test_words_and_wordpieces() -> None:
    assert arrays("word", ["ab", "c", "zz"], ["ab", "c"])["units"] == [0, 2, 3, 1]
    found = arrays("piece", ["abc", "d"], ["ab", "##c", "d"], tokenizer_json=tiny_tokenizer())
    assert (found["units"], found["first"], found["last"]) == ([0, 2, 3, 4], [1, 3], [2, 3])


def test_a_word_without_units_has_its_first_behind_its_last() -> None:
    found = arrays("word", ["ab", "!", "c"], ["ab", "c"], normalise=True)
    assert (found["units"], found["first"], found["last"]) == ([0, 2, 3], [1, 2, 2], [1, 1, 2])
    nothing = arrays("word", ["!"], ["ab"], normalise=True)
    assert (nothing["units"], nothing["first"], nothing["last"]) == ([0], [1], [0])


def test_the_runs_of_both_ways(tmp_path: Path) -> None:
    _, codec = language_model_run(tmp_path / "ahead", "abba")
    language_model_run(tmp_path / "back", "abba", hidden=3, direction="backward")
    encoder = LanguageModelEncoderConfig(path=tmp_path / "ahead", backward_path=tmp_path / "back")
    found = language_model_folders(encoder)
    assert list(found) == ["forward", "backward"]
    assert [model.settings["hidden"] for model in found.values()] == [5, 3]
    assert found["forward"].units.to_dict() == codec.units.to_dict()


def refused(folder: Path, error: type[Exception], says: str, **settings: Any) -> None:
    paths = {name: folder / value for name, value in settings.items()}
    with pytest.raises(error, match=says):
        language_model_folders(LanguageModelEncoderConfig(**paths))


def test_runs_that_will_not_do(tmp_path: Path) -> None:
    language_model_run(tmp_path / "ahead", "abba")
    language_model_run(tmp_path / "back", "abba", direction="backward")
    language_model_run(tmp_path / "other", "cab", direction="backward")
    refused(tmp_path, ConfigError, r"^model.encoder.path: not set; the run of a language model\.")
    refused(tmp_path, ConfigError, r"^model.encoder.path: '.*back' reads backward; a model that reads", path="back")
    refused(tmp_path, ConfigError, "Name it as model.encoder.path, or train", backward_path="ahead")
    refused(tmp_path, ConfigError, "backward_path: reads other units than .*ahead", path="ahead", backward_path="other")
    refused(tmp_path, CheckpointError, "nowhere: no such folder; the folder of a finished run", path="nowhere")
    (tmp_path / "empty").mkdir()
    refused(tmp_path, CheckpointError, "empty: no model.json in this folder", path="empty")
    (tmp_path / "ahead" / "model" / "codec.json").write_text("{}", encoding="utf-8")
    refused(tmp_path, CheckpointError, "codec.json: was written by another version of spanloom", path="ahead")
    (tmp_path / "ahead" / "model" / "codec.json").write_text("{", encoding="utf-8")
    refused(tmp_path, CheckpointError, "codec.json: is damaged: ", path="ahead")


def test_a_model_for_another_task_is_refused(tmp_path: Path) -> None:
    tag = find_task("tag")
    save_model(
        tmp_path / "run" / "model", tag, RunConfig("tag", model=tag.config()), ToyCodec("ab"), ToyModel(4, 3, 0.0)
    )
    refused(tmp_path, ConfigError, r"'.*run' is a model for the task 'tag'; a language model\.", path="run")
