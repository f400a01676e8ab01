"""Bundles that keep a part of their pieces: what needs no other is answered as before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

import spanloom
from spanloom.core import Example, Row
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.encoders.transformer.config import TransformerConfig
from spanloom.errors import ConfigError, DataError, ExportRefused
from spanloom.export.bundle import write_bundle
from spanloom.export.pieces import Keep, parse_keep, words_of
from spanloom.export.stages import Exported, refuse_loss
from spanloom.predict.bundle import Bundle, open_bundle
from spanloom.run.cli import main
from spanloom.tasks import find_task
from spanloom.tasks.tag.codec import TagCodec
from spanloom.tasks.tag.config import TagConfig
from spanloom.tasks.tag.model import build
from tests.tasks.tagged import tagged
from tests.text.larger_tokenizers import MAKERS, drawn_words

WORDS = drawn_words(4, count=40)
SENTENCES = [WORDS[start : start + 5] for start in range(0, len(WORDS), 5)]


def example(words: Sequence[str]) -> Example:
    return tagged(" ".join(words), " ".join("B-LONG" if len(word) > 5 else "O" for word in words))


def encoder_folder(folder: Path, tokenizer_json: str) -> TransformerConfig:
    from transformers import BertConfig, BertModel

    size = Tokenizer.from_str(tokenizer_json).get_vocab_size()
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=size, max_position_embeddings=64, **sizes)).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(tokenizer_json, encoding="utf-8")
    return TransformerConfig(path=folder, layers=0, char_filters=0, shape_width=0)


def drawn_model(config: TransformerConfig, card: Path, keep: Keep | None) -> Exported:
    examples = [example(words) for words in SENTENCES]
    codec = TagCodec.fit(examples, TagConfig(encoder=config, max_words=40))
    torch.manual_seed(1)
    model = build(TagConfig(encoder=config), codec).eval()
    return Exported(find_task("tag"), codec, model, examples, card, keep)


@pytest.fixture(scope="module", params=["Unigram", "WordPiece"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Exported, Path]:
    """A model that was never trained, and its bundle, which keeps what the first half of the sentences needs."""
    folder = tmp_path_factory.mktemp(request.param)
    texts = folder / "texts.txt"
    texts.write_text("\n".join(map(" ".join, SENTENCES[:4])), encoding="utf-8")
    card = folder / "README.md"
    card.write_text("# A drawn model\n", encoding="utf-8")
    source = drawn_model(encoder_folder(folder, MAKERS[request.param]()), card, Keep(10, (texts,)))
    write_bundle(source, folder / "bundle", 100.0, precision="fp32")
    return source, folder / "bundle"


def outputs(bundle: Bundle, words: Sequence[str]) -> tuple[Row, dict[str, Any]]:
    row = bundle.codec.encode(Example(example(words).input))
    return row, dict(bundle.backend.forward(bundle.codec.collate([row]).inputs))


def test_texts_that_need_no_other_piece_get_the_same_scores(exported: tuple[Exported, Path]) -> None:
    source, folder = exported
    bundle = open_bundle(folder, find_task)
    for words in SENTENCES[:4]:
        batch = source.codec.collate([source.codec.encode(Example(example(words).input))])
        with torch.no_grad():
            wanted = source.model(**{name: torch.from_numpy(array) for name, array in batch.inputs.items()})
        _, found = outputs(bundle, words)
        np.testing.assert_allclose(found["emissions"], wanted["emissions"].numpy(), rtol=1e-4, atol=1e-5)
    row, found = outputs(bundle, SENTENCES[5])
    assert len(row.inputs["pieces"]) > len(source.codec.encode(Example(example(SENTENCES[5]).input)).inputs["pieces"])
    assert np.isfinite(found["emissions"]).all()


def test_the_bundle_says_what_it_keeps(exported: tuple[Exported, Path]) -> None:
    source, folder = exported
    assert source.keep is not None
    kept = source.keep.of(source.codec)
    manifest = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    assert manifest["pieces"] == {"kept": len(kept.rows), "of": kept.of}
    assert 0 < len(kept.rows) < kept.of
    assert f"{len(kept.rows)} of {kept.of} pieces of words" in (folder / "README.md").read_text(encoding="utf-8")
    stored = (folder / "tokenizer.json").read_text(encoding="utf-8")
    assert stored == kept.tokenizer
    assert ", " not in stored.replace('", "', ""), "spaces between thousands of pieces are wasted"


def test_the_tables_are_cut(exported: tuple[Exported, Path]) -> None:
    import onnx

    source, folder = exported
    assert source.keep is not None
    kept = source.keep.of(source.codec)
    shapes = [tuple(tensor.dims) for tensor in onnx.load(folder / "model.onnx").graph.initializer]
    assert (len(kept.rows), 32) in shapes
    assert (kept.of, 32) not in shapes


# ---- what is kept ----------------------------------------------------------------------------------------------------


def test_numbers_and_files_are_told_apart(tmp_path: Path) -> None:
    texts = tmp_path / "7.txt"
    texts.write_text("a\n", encoding="utf-8")
    assert parse_keep([]) is None
    assert parse_keep(["30", str(texts), 20]) == Keep(30, (texts,))
    assert parse_keep([texts]) == Keep(0, (texts,))
    for wrong in ("-3", "many", "1e5", "²"):
        with pytest.raises(
            ConfigError, match=f"^keep-pieces: '{wrong}' is no file; how many pieces to keep, or a file"
        ):
            parse_keep(["30", wrong])


def test_words_of_any_format_are_found(tmp_path: Path) -> None:
    file = tmp_path / "data"
    lines = ["Ada's dog,Bo", '{"tokens": ["Zoë", "中国"], "said": "a \\u4e2d\\u56fd \\ud83d\\ude42 b"}', "Bo\tB-PER"]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert set(words_of(file)) >= {"Ada's", "Ada", "'s", "dog", "Bo", "Zoë", "中国", "中", "国", "\U0001f642", "B-PER"}
    file.write_bytes(b"caf\xe9")
    with pytest.raises(DataError, match="data:1: byte 0xe9"):
        list(words_of(file))


def test_a_model_without_pieces_is_refused() -> None:
    codec = TagCodec.fit([example(words) for words in SENTENCES], TagConfig(encoder=RnnConfig()))
    with pytest.raises(
        ConfigError, match=r"^keep-pieces: the model reads no pieces of words; .* Leave --keep-pieces out"
    ):
        Keep(10).of(codec)


def test_a_loss_says_what_may_have_caused_it(tmp_path: Path) -> None:
    scores = {name: {"best": best} for name, best in (("torch", 0.9), ("fp32", 0.88), ("int8", 0.87))}
    manifest = {"precision": "int8", "drop": 3.0, "scores": scores, "golden": {"examples": 20}, "pieces": None}
    refuse_loss(manifest, tmp_path, 3.0)
    with pytest.raises(ExportRefused, match=r"int8 scores 87\.00 .* Export with --precision fp32, or allow more with"):
        refuse_loss(manifest, tmp_path, 2.9)
    manifest["pieces"] = {"kept": 1000, "of": 30522}
    acts = r"Keep more pieces with --keep-pieces, export with --precision fp32, or allow more with --max-drop\.$"
    with pytest.raises(ExportRefused, match=rf"int8 with 1,000 of 30,522 pieces scores 87\.00 .* {acts}"):
        refuse_loss(manifest, tmp_path, 2.9)
    manifest |= {"precision": "fp32", "drop": 2.0}
    with pytest.raises(
        ExportRefused, match=r"at most\. Keep more pieces with --keep-pieces, or allow more with --max-"
    ):
        refuse_loss(manifest, tmp_path, 1.0)


def test_the_command_and_the_function_take_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["export", str(tmp_path), "--output", str(tmp_path / "bundle"), "--keep-pieces", "10"]
    assert main([*command, "--keep-pieces", str(tmp_path / "none.txt")]) == 2
    assert "ConfigError: keep-pieces: " in capsys.readouterr().err
    with pytest.raises(ConfigError, match="keep-pieces: 'none' is no file"):
        spanloom.export(tmp_path, tmp_path / "bundle", keep_pieces=[10, "none"])
