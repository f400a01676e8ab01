"""Stored tables of runs and bundles with odd values in them: one error of ours, or an answer; never another exception.

Hashes are made to fit, so that what stands behind them is reached.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BertConfig, BertModel

from spanloom.engine.model_folder import _codec_hash
from spanloom.errors import CheckpointError
from spanloom.nn.storage import load_tensors, store_tensors
from spanloom.predict.predictor import load
from spanloom.run.cli import main
from tests.faults.odd_values import mutations
from tests.text.tiny_tokenizer import PIECES, tiny_tokenizer

WORDS = """
ab B-X
cd O

abcd B-X
de I-X
a O
"""

CONFIG = """
task = "tag"
[data]
train = "train.conll"
dev = "train.conll"
[train]
epochs = 1
threads = 1
[model]
max_words = 40
[model.encoder]
"""

ENCODERS = {
    "words": 'kind = "rnn"\nword_width = 4\nhidden = 4\nhashed_rows = 8\nhashed_width = 4\n',
    "pieces": 'kind = "transformer"\npath = "encoder"\n',
}

TEXTS = ["ab cd.", "ab cd abcd " * 40, ""]


@pytest.fixture(scope="module", params=list(ENCODERS))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and its bundle."""
    place = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    BertModel(BertConfig(vocab_size=len(PIECES), max_position_embeddings=64, **sizes)).save_pretrained(
        place / "encoder"
    )
    (place / "encoder" / "tokenizer.json").write_text(tiny_tokenizer(), encoding="utf-8")
    (place / "train.conll").write_text(WORDS.lstrip(), encoding="utf-8")
    (place / "tag.toml").write_text(CONFIG + ENCODERS[request.param], encoding="utf-8")
    assert main(["train", str(place / "tag.toml"), "--output", str(place / "run")]) == 0
    command = ["export", str(place / "run"), "--precision", "fp32", "--max-drop", "100"]
    assert main([*command, "--output", str(place / "bundle")]) == 0
    return place


def answers(model: Path) -> str:
    predictor = load(model, threads=1)
    return json.dumps([predictor(text).to_dict() for text in TEXTS])


def sign_bundle(name: str) -> Callable[[Path, str], None]:
    def sign(bundle: Path, text: str) -> None:
        manifest = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
        manifest["files"][name]["sha256"] = hashlib.sha256(text.encode()).hexdigest()
        (bundle / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")

    return sign


def sign_weights(run: Path, text: str) -> None:
    path = run / "model" / "weights.safetensors"
    tensors, about = load_tensors(path, "")
    try:
        about["codec"] = _codec_hash(json.loads(text))
    except (ValueError, RecursionError, AttributeError):
        return
    store_tensors(path, tensors, about)


def not_signed(model: Path, text: str) -> None:
    """Nothing vouches for this file."""


CASES: dict[str, tuple[str, str, Callable[[Path, str], None]]] = {
    "manifest": ("bundle", "bundle.json", not_signed),
    "bundle's codec": ("bundle", "codec.json", sign_bundle("codec.json")),
    "bundle's tokenizer": ("bundle", "tokenizer.json", sign_bundle("tokenizer.json")),
    "settings": ("run", "model/model.json", not_signed),
    "run's codec": ("run", "model/codec.json", sign_weights),
    "run's tokenizer": ("run", "model/tokenizer.json", not_signed),
}


@pytest.mark.slow(reason="opens a damaged model some hundreds of times for each file")
@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize("case", list(CASES))
def test_a_damaged_table_is_our_error_or_answers(folder: Path, case: str, tmp_path: Path) -> None:
    kind, name, sign = CASES[case]
    if not (folder / kind / name).exists():
        return  # words need no tokenizer
    model = tmp_path / "model"
    shutil.copytree(folder / kind, model)
    text = (model / name).read_text(encoding="utf-8")
    good = answers(model)
    counts: Counter[str] = Counter()
    for what, damaged in mutations(text, 150):
        (model / name).write_text(damaged, encoding="utf-8")
        sign(model, damaged)
        try:
            found = answers(model)
        except BaseException as error:
            named = isinstance(error, CheckpointError) and str(model) in str(error) and len(str(error)) < 2000
            if not named:
                raise AssertionError(f"{name}: {what}: {type(error).__name__}: {error}") from error
            counts["refused"] += 1
        else:
            counts["same" if found == good else "other"] += 1
    assert counts["refused"] > 20
    assert counts["other"] <= 0.1 * counts["refused"]  # a label by another name, say, is an answer


DAMAGED: list[tuple[str, Any]] = [
    ("format", True),
    ("format", 2),
    ("task", ["tag"]),
    ("task", "tga"),
    ("config", None),
    ("config", {"task": "classify"}),
    ("architecture", {"word_width": 10**12}),
    ("architecture", []),
]


def test_settings_with_an_odd_value_end_in_one_sentence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model"
    shutil.copytree(folder / "run", model)
    path = model / "model" / "model.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    for key, value in DAMAGED:
        path.write_text(json.dumps({**whole, key: value}), encoding="utf-8")
        assert main(["predict", "-m", str(model), "ab cd."]) == 2, (key, value)
        said = "".join(capsys.readouterr().err.split())
        assert "model.json" in said or "weights.safetensors:doesnotfitthemodel" in said
        assert "bug" not in said


def test_a_codec_that_is_none_ends_in_one_sentence(folder: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(folder / "bundle", model)
    codec = json.loads((model / "codec.json").read_text(encoding="utf-8"))
    for change, message in (
        ({"max_words": -5}, r"codec\.json: not a codec of task 'tag' \(max_words: '-5' of type int where a whole"),
        ({"max_words": True}, r"max_words: 'True' of type bool where a whole number from 1 to"),
        (
            {"tags": {**codec["tags"], "scheme": "bilou"}},
            r"scheme: 'bilou' of type str where 'bio2' or 'bioes' or None",
        ),
        ({"tags": {**codec["tags"], "names": ["X", "X"]}}, r"names: 'X' of type str where each once should be"),
    ):
        text = json.dumps({**codec, **change})
        (model / "codec.json").write_text(text, encoding="utf-8")
        sign_bundle("codec.json")(model, text)
        with pytest.raises(CheckpointError, match=message):
            load(model)
