"""Tensors and JSON on disk: whole or not at all, checked when read, never pickled."""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from spanloom.errors import CheckpointError
from spanloom.write.atomic import atomic_write

_KEY = "spanloom"

_NAMES = {
    torch.bool: "BOOL",
    torch.uint8: "U8",
    torch.int8: "I8",
    torch.int16: "I16",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int32: "I32",
    torch.float32: "F32",
    torch.float64: "F64",
    torch.int64: "I64",
}
"""What the format calls the types of numbers. In a file the widest stand first: the order of this list, backwards."""

_ORDER = list(_NAMES)


def store(path: Path, *parts: bytes | memoryview | str) -> None:
    """Write a file atomically. Raises CheckpointError where the disk is full; the old file then stays."""
    try:
        atomic_write(path, *parts)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        size = sum(map(len, parts))
        expected = f"{max(size / 1e6, 0.1):.1f} MB of writable disk" if full else "a place that can be written to"
        act = "Free some space" if full else f"Make {path.parent} a folder that can be written to"
        raise CheckpointError(
            str(path),
            f"could not be written: {error.strerror or error}",
            expected,
            f"{act} and go on with --resume; what was saved before is intact.",
        ) from error


def store_json(path: Path, value: Any) -> None:
    """Write a value as JSON, atomically."""
    store(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def load_json(path: Path) -> dict[str, Any]:
    """Read a JSON object from a file of a run. Raises CheckpointError where it is missing or damaged."""
    try:
        table = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(str(path), f"is damaged: {error}", "JSON", "Restore it from a copy.") from None
    if not isinstance(table, dict):
        found = f"is damaged: a {type(table).__name__}"
        raise CheckpointError(str(path), found, "a table in JSON", "Restore it from a copy.")
    return table


def store_tensors(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write tensors, with `about` (JSON) and a hash of both in the file's header: one file, so never half of two.

    The file is what the library makes of them, to the bit. But it has all of it in memory twice before it writes, which
    with a large vocabulary was the most that a training ever held; here one tensor after the other is written from
    where it stands.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    header = {_KEY: json.dumps({**about, "sha256": _digest(plain, about)})}
    ordered = sorted(plain, key=lambda name: (-_ORDER.index(plain[name].dtype), name))
    table: dict[str, Any] = {"__metadata__": header}
    end = 0
    for name in ordered:
        tensor, start = plain[name], end
        end += tensor.nbytes
        kind = _NAMES[tensor.dtype]
        table[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [start, end]}
    said = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()
    said += b" " * (-len(said) % 8)
    store(path, len(said).to_bytes(8, "little"), said, *(_bytes_of(plain[name]) for name in ordered))


def load_tensors(path: Path, remedy: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of a file and what it says about them. Raises CheckpointError where it is missing or damaged."""
    data = read_bytes(path)
    try:
        tensors = safetensors.torch.load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        about: dict[str, Any] = json.loads(header["__metadata__"][_KEY])
        sound = about.pop("sha256") == _digest(tensors, about)
    except Exception as error:  # safetensors has an error of its own, and damaged headers lead to any other
        found = f"is cut short or damaged ({error}; {len(data)} bytes)"
        raise CheckpointError(str(path), found, "a whole safetensors file of spanloom", remedy) from None
    if not sound:
        raise CheckpointError(str(path), "is damaged: its hash does not match its content", "", remedy)
    return tensors, about


def read_bytes(path: Path) -> bytes:
    """A file's content. Raises CheckpointError where it is missing or not readable."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(str(path), "no such file", "a file of a finished run", "Check the folder.") from None
    except OSError as error:
        raise CheckpointError(str(path), f"could not be read: {error.strerror}", "", "Check the path.") from None


def _digest(tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> str:
    """SHA-256 over names, types, shapes and bytes, and over what is said about them."""
    total = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        total.update(_bytes_of(tensor))
    return total.hexdigest()


def _bytes_of(tensor: Tensor) -> memoryview:
    """The memory of a contiguous tensor on the CPU, which is not copied."""
    return tensor.reshape(-1).view(torch.uint8).numpy().data
