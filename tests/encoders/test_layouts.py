"""Encoder folders of other layouts than BERT's, as their own training left them: with a prefix, a head, no pooler."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from torch import Tensor

from spanloom.core import Row
from spanloom.encoders import build_encoder, encoder_size, fit_features
from spanloom.encoders.contract import Wanted
from spanloom.encoders.parts.modules.pretrained import load_transformer, make_transformer
from spanloom.encoders.parts.modules.transformer import Transformer
from spanloom.encoders.transformer.config import TransformerConfig
from spanloom.errors import CheckpointError
from spanloom.export.to_onnx import largest_difference, to_onnx
from spanloom.predict.bundle import OnnxBackend, start
from spanloom.tasks.tag.codec import TagCodec
from spanloom.tasks.tag.config import TagConfig
from spanloom.tasks.tag.model import build as build_tagger
from spanloom.text.pieces import PieceTokenizer, read_limit
from tests.tasks.tagged import tagged
from tests.text.other_tokenizers import byte_level_tokenizer, unigram_tokenizer, wordpiece_tokenizer

SIZES: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
LOCAL = {"num_hidden_layers": 4, "global_attn_every_n_layers": 3, "local_attention": 8}
DISTILLED = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}
LAYOUTS: dict[str, tuple[str, dict[str, Any], Callable[..., str]]] = {
    "Bert": ("ForPreTraining", SIZES, wordpiece_tokenizer),
    "DistilBert": ("ForMaskedLM", DISTILLED, wordpiece_tokenizer),
    "Electra": ("ForPreTraining", {**SIZES, "embedding_size": 6}, wordpiece_tokenizer),
    "Roberta": ("ForMaskedLM", {**SIZES, "type_vocab_size": 1}, byte_level_tokenizer),
    "XLMRoberta": ("ForMaskedLM", {**SIZES, "type_vocab_size": 1}, unigram_tokenizer),
    "ModernBert": ("ForMaskedLM", {**SIZES, **LOCAL}, byte_level_tokenizer),
}
"""By the name of its classes in transformers: what was trained, its sizes, and its kind of tokenizer."""

GOLD = [
    [("Grüße", "WORD"), ("an", "O"), ("中", "PLACE"), ("国", "PLACE"), ("\U0001f1e9\U0001f1ea", "FLAG")],
    [("nai\u0308ve", "WORD"), ("Idee", "O"), ("\U0001f469\u200d\U0001f467", "O"), ("!", "O")],
    [("in", "O"), ("Москве", "PLACE"), ("und", "O"), ("\uff2f\uff33\uff21\uff2b\uff21", "PLACE")],
    [("한국", "PLACE"), ("an", "O"), ("in", "O"), ("und", "O"), ("Idee", "O"), (".", "O")],
]
MARKED = [[(word, tag if tag == "O" else f"B-{tag}") for word, tag in words] for words in GOLD]
LETTERS = {letter for words in GOLD for word, _ in words for letter in word} | {*"GruesseOSAKAi\u0308"}


def write_layout(name: str, folder: Path, positions: int = 40, padding: int = 1) -> transformers.PreTrainedModel:
    """A small random one, as transformers saves it. 40 positions are no multiple of what batches are padded to."""
    trained, sizes, kind = LAYOUTS[name]
    text = kind() if kind is byte_level_tokenizer else kind(LETTERS)
    special = {"pad_token_id": padding, "bos_token_id": 0, "eos_token_id": 2}
    special |= {"cls_token_id": 0, "sep_token_id": 2} if name == "ModernBert" else {}
    given = {**sizes, **special, "vocab_size": PieceTokenizer(text).size, "max_position_embeddings": positions}
    torch.manual_seed(0)
    model = getattr(transformers, f"{name}{trained}")(getattr(transformers, f"{name}Config")(**given)).eval()
    for weight in model.parameters():  # small ones would make all sentences alike
        weight.data += 0.3 * torch.randn_like(weight)
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    return model  # type: ignore[no-any-return]


@pytest.fixture(scope="module", params=LAYOUTS)
def layout(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Any]:
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, folder, write_layout(request.param, folder)


def test_it_answers_as_transformers_does(layout: tuple[str, Path, Any]) -> None:
    """Sentences of several lengths in one padded batch, each beside the model's own answer to it alone."""
    _, folder, trained = layout
    config = TransformerConfig(path=folder)
    sentences = [[word for word, _ in words] for words in GOLD]
    features = fit_features(sentences, config, max_words=12)
    tokenizer = features.tokenizer  # type: ignore[attr-defined]
    ours = Transformer(load_transformer(folder, 0.1, tokenizer.size), "mean", False, maps=False).eval()
    rows = [tokenizer.encode(words) for words in sentences]
    width, most = tokenizer.limit, max(map(len, sentences))
    assert width == 32
    pieces, first, last = (np.zeros((len(rows), size), np.int64) for size in (width, most, most))
    for place, row in enumerate(rows):
        pieces[place, : len(row.ids)] = row.ids
        first[place, : len(row.first)], last[place, : len(row.last)] = row.first, row.last
    lengths = torch.tensor([len(row.ids) for row in rows])
    with torch.no_grad():
        found = ours(
            *map(torch.from_numpy, (pieces,)), lengths, torch.from_numpy(first), torch.from_numpy(last)
        ).vectors
        for place, row in enumerate(rows):
            alone = trained.base_model(input_ids=torch.from_numpy(row.ids)[None]).last_hidden_state[0]
            for word, (start, end) in enumerate(zip(row.first, row.last, strict=True)):
                torch.testing.assert_close(found[place, word], alone[start : end + 1].mean(dim=0), rtol=1e-3, atol=1e-4)


def test_it_comes_back_from_its_architecture(layout: tuple[str, Path, Any]) -> None:
    _, folder, _ = layout
    loaded = load_transformer(folder, 0.25).eval()
    again = make_transformer(json.loads(json.dumps(loaded.config.to_dict()))).eval()  # type: ignore[union-attr, operator]
    again.load_state_dict(loaded.state_dict())
    pieces = torch.tensor([[0, 5, 6, 7, 2]])
    with torch.no_grad():
        assert torch.equal(*(model(input_ids=pieces).last_hidden_state for model in (loaded, again)))
    assert {module.p for module in loaded.modules() if isinstance(module, torch.nn.Dropout)} - {0.0} == {0.25}


@pytest.mark.parametrize("freeze", ["none", "embeddings", "all"])
def test_its_head_does_not_count(layout: tuple[str, Path, Any], freeze: Any) -> None:
    _, folder, _ = layout
    config = TransformerConfig(path=folder, freeze=freeze, hidden=6)
    features = fit_features([["ab"]], config, max_words=12)
    module, size = build_encoder(config, features, Wanted(0.1, maps=True)), encoder_size(config, features)
    stored = [weight for name, weight in module.named_parameters() if ".pooler." not in name]
    pooler = sum(weight.numel() for name, weight in module.named_parameters() if ".pooler." in name)
    trained = sum(weight.numel() for weight in stored if weight.requires_grad)
    frozen = sum(weight.numel() for weight in stored if not weight.requires_grad)
    read = pooler if "bert.pooler.dense.weight" in weights(folder) else 0  # else it is made afresh, and never used
    told = (size.trained - (read if freeze != "all" else 0), size.frozen - (read if freeze == "all" else 0), size.maps)
    assert told == (trained, frozen, module.maps)


def weights(folder: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


@pytest.mark.parametrize("padding", [0, 1, 5])
@pytest.mark.parametrize("name", ["Roberta", "XLMRoberta"])
def test_positions_that_count_from_the_padding_are_not_overrun(name: str, padding: int, tmp_path: Path) -> None:
    write_layout(name, tmp_path, positions=32 + padding + 1, padding=padding)
    limit = read_limit(tmp_path)
    pieces = torch.full((2, limit), 7)
    with torch.no_grad():
        load_transformer(tmp_path, 0.0)(input_ids=pieces)
    assert limit == 32
    write_layout(name, tmp_path, positions=32 + padding, padding=padding)
    assert read_limit(tmp_path) == 16
    write_layout(name, tmp_path, positions=16 + padding, padding=padding)
    with pytest.raises(CheckpointError, match=rf"max_position_embeddings is {16 + padding}, which leaves no room"):
        read_limit(tmp_path)


@pytest.mark.parametrize("name", ["Camembert", "MPNet", "Data2VecText", "Xmod"])
def test_so_do_those_of_their_kin(name: str, tmp_path: Path) -> None:
    own = {"languages": ("en",), "default_language": "en"} if name == "Xmod" else {}
    config = getattr(transformers, f"{name}Config")(
        vocab_size=9, max_position_embeddings=34, pad_token_id=1, **SIZES, **own
    )
    getattr(transformers, f"{name}Model")(config).save_pretrained(tmp_path)
    assert read_limit(tmp_path) == 32
    with torch.no_grad():
        load_transformer(tmp_path, 0.0)(input_ids=torch.full((1, 32), 7))


@pytest.mark.slow(reason="makes a graph of each")
@pytest.mark.parametrize("name", LAYOUTS)
def test_it_is_trained_and_its_graph_answers_as_the_network_does(name: str, tmp_path: Path) -> None:
    write_layout(name, tmp_path)
    examples = [tagged(*(" ".join(column) for column in zip(*words, strict=True))) for words in MARKED]
    config = TagConfig(encoder=TransformerConfig(path=tmp_path, hidden=6), max_words=12)
    codec = TagCodec.fit(examples, config)
    model = build_tagger(config, codec)
    rows = [codec.encode(example) for example in examples]
    stepped(model, codec, rows)
    to_onnx(model.eval(), codec, rows, tmp_path / "model.onnx")
    graph = OnnxBackend(start((tmp_path / "model.onnx").read_bytes(), "model.onnx"))
    assert largest_difference(model, graph, codec, rows) < 1e-4


def stepped(model: Any, codec: TagCodec, rows: list[Row]) -> None:
    """One step down the slope of all emissions; every layer of the encoder must take part."""
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    inputs = {name: torch.from_numpy(array) for name, array in codec.collate(rows).inputs.items()}
    model.eval()(**inputs)["emissions"].square().sum().backward()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.grad is not None:
                weight -= 0.01 * weight.grad
            used = (
                weight.requires_grad and ".pooler." not in name and "position" not in name and "transitions" not in name
            )
            assert not used or ".weight" not in name or not torch.equal(weight, before[name]), name
