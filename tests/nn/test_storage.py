"""Tensors on disk are what the safetensors library makes of them."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
import safetensors
import safetensors.torch
import torch

from spanloom.errors import CheckpointError
from spanloom.nn.storage import load_tensors, store_tensors

TYPES = [
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
]


def test_a_file_is_to_the_bit_that_of_the_library(tmp_path: Path) -> None:
    torch.manual_seed(0)
    shapes = {"b": (3, 5), "a": (), "é": (0, 4), "odd": (7,)}
    tensors = {f"{kind}.{name}": (9 * torch.randn(shape)).to(kind) for kind in TYPES for name, shape in shapes.items()}
    tensors["turned"] = torch.randn(4, 6).T
    tensors["tied"] = tensors["torch.float32.b"]
    path = tmp_path / "some.safetensors"
    store_tensors(path, tensors, {"step": 3, "of": "höhe"})
    with safetensors.safe_open(path, "pt") as file:
        said = file.metadata()
    library = safetensors.torch.save({name: tensor.clone().contiguous() for name, tensor in tensors.items()}, said)
    assert path.read_bytes() == library
    back, about = load_tensors(path, "")
    assert about == {"step": 3, "of": "höhe"}
    assert all(torch.equal(back[name], tensor) for name, tensor in tensors.items())


def test_storing_takes_no_copy_of_the_tensors(tmp_path: Path) -> None:
    tensors = {"vectors": torch.zeros(2_000, 500)}  # 4 MB
    tracemalloc.start()
    try:
        store_tensors(tmp_path / "some.safetensors", tensors, {})
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 400_000


def test_a_folder_that_is_a_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("in the way")
    with pytest.raises(CheckpointError, match=r"some\.safetensors: could not be written.*go on with --resume"):
        store_tensors(tmp_path / "model" / "some.safetensors", {"a": torch.zeros(1)}, {})
