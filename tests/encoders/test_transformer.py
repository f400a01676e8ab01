"""The pretrained encoder, with a BERT small enough to be made on the spot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from torch import Tensor
from transformers import AlbertConfig, AlbertModel, BertConfig, BertModel, DistilBertConfig, DistilBertModel

from spanloom.encoders.parts.modules.pretrained import load_transformer, make_transformer
from spanloom.encoders.parts.modules.transformer import Transformer
from spanloom.errors import CheckpointError, ConfigError

Pooling = Literal["first", "mean", "ends"]
Freeze = Literal["none", "embeddings", "all"]
PIECES = torch.tensor([[2, 5, 6, 7, 8, 9, 3], [2, 10, 11, 3, 0, 0, 0]])
PIECE_LENGTHS = torch.tensor([7, 4])
FIRST = torch.tensor([[1, 2, 5], [1, 2, 0]])  # the second sentence has two words, then padding
LAST = torch.tensor([[1, 4, 5], [1, 2, 0]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=20,
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=16,
        hidden_dropout_prob=0.5,
    )
    path = tmp_path_factory.mktemp("encoder")
    BertModel(config).save_pretrained(path)
    return path


def encoder(folder: Path, pooling: Pooling = "mean", freeze: Freeze = "none", mix: bool = False) -> Transformer:
    return Transformer(load_transformer(folder, dropout=0.0), pooling, mix, maps=True, freeze=freeze).eval()


def hidden_of(model: Transformer, row: int) -> Tensor:
    """The vectors of one sentence's pieces [P, H], computed alone."""
    length = int(PIECE_LENGTHS[row])
    found: Any = model.pretrained(input_ids=PIECES[row : row + 1, :length])
    return found.last_hidden_state[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("pooling", ["first", "mean", "ends"])
def test_words_are_pooled_from_their_own_pieces(folder: Path, pooling: Pooling) -> None:
    model = encoder(folder, pooling)
    with torch.no_grad():
        found = model(PIECES, PIECE_LENGTHS, FIRST, LAST).vectors
        assert found.shape == (2, 3, model.width) == (2, 3, 8)
        for row, words in ((0, 3), (1, 2)):
            hidden = hidden_of(model, row)
            for word in range(words):
                run = hidden[int(FIRST[row, word]) : int(LAST[row, word]) + 1]
                wanted = {"first": run[0], "mean": run.mean(dim=0), "ends": (run[0] + run[-1]) / 2}[pooling]
                torch.testing.assert_close(found[row, word], wanted, rtol=1e-5, atol=1e-5)


def test_mixed_layers_are_a_learned_mean_of_all(folder: Path) -> None:
    model = encoder(folder, "first", mix=True)
    assert model.mixture is not None
    model.mixture.data = torch.tensor([0.3, -1.0, 2.0])
    shares = torch.softmax(model.mixture.data, dim=0)
    with torch.no_grad():
        layers = model.pretrained(input_ids=PIECES[:1], output_hidden_states=True).hidden_states
        wanted = sum(share * layer for share, layer in zip(shares, layers, strict=True))
        found = model(PIECES[:1], PIECE_LENGTHS[:1], FIRST[:1], LAST[:1]).vectors
    torch.testing.assert_close(found[0], wanted[0, FIRST[0]])
    model(PIECES, PIECE_LENGTHS, FIRST, LAST).vectors.square().sum().backward()
    assert model.mixture.grad is not None
    assert model.mixture.grad.abs().min() > 0


def test_padding_changes_nothing(folder: Path) -> None:
    model = encoder(folder)
    wide = torch.nn.functional.pad(PIECES, (0, 4), value=13)
    with torch.no_grad():
        before, maps = model(PIECES, PIECE_LENGTHS, FIRST, LAST)
        padded = model(wide, PIECE_LENGTHS, FIRST, LAST)
        torch.testing.assert_close(padded.vectors, before, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(padded.maps, maps, rtol=1e-5, atol=1e-6)
        alone = model(PIECES[1:, :4], PIECE_LENGTHS[1:], FIRST[1:, :2], LAST[1:, :2])
    torch.testing.assert_close(before[1:, :2], alone.vectors, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(maps[1:, :, :2, :2], alone.maps, rtol=1e-5, atol=1e-6)


def test_maps_are_the_attention_between_the_pieces_of_two_words(folder: Path) -> None:
    model = encoder(folder)
    with torch.no_grad():
        maps = model(PIECES, PIECE_LENGTHS, FIRST, LAST).maps
        layers = model.pretrained(input_ids=PIECES[:1], output_attentions=True).attentions
    assert maps.shape == (2, model.maps, 3, 3) == (2, 4, 3, 3)  # two layers of two heads
    attention = torch.cat(layers, dim=1)[0]  # [M, P, P]
    for i in range(3):
        for j in range(3):
            rows = slice(int(FIRST[0, i]), int(LAST[0, i]) + 1)
            columns = slice(int(FIRST[0, j]), int(LAST[0, j]) + 1)
            wanted = attention[:, rows, columns].sum(dim=2).mean(dim=1)
            torch.testing.assert_close(maps[0, :, i, j], wanted, rtol=1e-5, atol=1e-6)


def test_maps_are_left_out_where_nobody_reads_them(folder: Path) -> None:
    model = Transformer(load_transformer(folder, dropout=0.0), "mean", False, maps=False).eval()
    assert model.maps == 0
    assert model(PIECES, PIECE_LENGTHS, FIRST, LAST).maps is None


def test_the_loaded_weights_are_those_of_the_folder(folder: Path) -> None:
    saved = BertModel.from_pretrained(folder).state_dict()
    loaded = load_transformer(folder, dropout=0.25)
    assert all(torch.equal(weight, saved[name]) for name, weight in loaded.state_dict().items())
    assert loaded.config.hidden_dropout_prob == 0.25  # type: ignore[union-attr]
    assert loaded.config.attention_probs_dropout_prob == 0.0  # type: ignore[union-attr]


def test_distilbert_is_bert_by_other_names(tmp_path: Path) -> None:
    config = DistilBertConfig(vocab_size=20, dim=8, n_layers=2, n_heads=2, hidden_dim=16, max_position_embeddings=16)
    DistilBertModel(config).save_pretrained(tmp_path)
    model = Transformer(load_transformer(tmp_path, dropout=0.25), "mean", True, maps=True)
    assert (model.width, model.maps) == (8, 4)
    assert {module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)} == {0.0, 0.25}
    vectors, maps = model.eval()(PIECES, PIECE_LENGTHS, FIRST, LAST)
    assert vectors.shape == (2, 3, 8)
    assert maps is not None
    assert maps.shape == (2, 4, 3, 3)


def test_frozen_word_embeddings_take_no_gradient(folder: Path) -> None:
    for freeze in ("embeddings", "none"):
        model = encoder(folder, freeze=freeze)  # type: ignore[arg-type]
        model(PIECES, PIECE_LENGTHS, FIRST, LAST).vectors.sum().backward()
        word = model.pretrained.get_input_embeddings().weight  # type: ignore[operator]
        assert (word.grad is None) is (freeze == "embeddings")
        rest = [weight for weight in model.parameters() if weight is not word]
        assert all(weight.requires_grad for weight in rest)


def test_an_encoder_that_is_all_frozen_answers_the_same_in_training(folder: Path) -> None:
    model = Transformer(load_transformer(folder, dropout=0.5), "mean", True, maps=False, freeze="all")
    assert {name for name, weight in model.named_parameters() if weight.requires_grad} == {"mixture"}
    wanted = model.eval()(PIECES, PIECE_LENGTHS, FIRST, LAST).vectors
    found = model.train()(PIECES, PIECE_LENGTHS, FIRST, LAST).vectors
    assert torch.equal(found, wanted)
    assert model.training
    assert not model.pretrained.training


def trained_parts(model: Transformer) -> set[str]:
    """Which of the embeddings and the two layers are trained."""
    names = {name for name, weight in model.pretrained.named_parameters() if weight.requires_grad}
    parts = {"embeddings": "embeddings.", "0": "encoder.layer.0.", "1": "encoder.layer.1."}
    found = {part for part, prefix in parts.items() if any(name.startswith(prefix) for name in names)}
    for part in found:
        members = {name for name, _ in model.pretrained.named_parameters() if name.startswith(parts[part])}
        assert members - names <= {"embeddings.word_embeddings.weight"}, "a layer is trained as a whole"
    return found


@pytest.mark.parametrize("freeze", ["none", "embeddings"])
def test_layers_join_from_the_top_every_few_epochs(folder: Path, freeze: Freeze) -> None:
    model = Transformer(load_transformer(folder, dropout=0.0), "mean", False, False, freeze, unfreeze_epochs=2)
    every = {name for name, weight in model.named_parameters() if weight.requires_grad}
    by_epoch = {
        1: set(),
        2: set(),
        3: {"1"},
        4: {"1"},
        5: {"0", "1"},
        7: {"embeddings", "0", "1"},
        90: {"embeddings", "0", "1"},
    }
    for epoch in (90, 4, 1, 5, 2, 7, 3):  # a pure function of the epoch, in whatever order
        model.begin_epoch(epoch)
        assert trained_parts(model) == by_epoch[epoch]
    model.begin_epoch(90)
    assert {name for name, weight in model.named_parameters() if weight.requires_grad} == every
    model.begin_epoch(3)
    model(PIECES, PIECE_LENGTHS, FIRST, LAST).vectors.square().sum().backward()
    for name, weight in model.pretrained.named_parameters():
        assert (weight.grad is not None) is name.startswith("encoder.layer.1.")


def test_without_unfreezing_an_epoch_changes_nothing(folder: Path) -> None:
    model = encoder(folder, freeze="embeddings")
    before = [weight.requires_grad for weight in model.parameters()]
    model.begin_epoch(1)
    assert [weight.requires_grad for weight in model.parameters()] == before


def test_a_model_whose_layers_are_not_found_is_named() -> None:
    model = load_shared_layers()
    with pytest.raises(
        ConfigError, match=r"model\.encoder\.unfreeze_epochs: .* AlbertModel has no list of its 3 layers"
    ):
        Transformer(model, "mean", False, maps=False, unfreeze_epochs=1)


def load_shared_layers() -> AlbertModel:
    """ALBERT passes its one layer several times."""
    settings = {"vocab_size": 20, "embedding_size": 8, "hidden_size": 8, "intermediate_size": 16}
    return AlbertModel(AlbertConfig(**settings, num_attention_heads=2, num_hidden_layers=3))


def test_an_architecture_makes_the_same_module_with_fresh_weights(folder: Path) -> None:
    loaded = load_transformer(folder, dropout=0.1)
    architecture = json.loads(json.dumps(loaded.config.to_dict()))  # type: ignore[union-attr, operator]
    made = make_transformer(architecture)
    assert made.state_dict().keys() == loaded.state_dict().keys()
    made.load_state_dict(loaded.state_dict())
    with torch.no_grad():
        answers = [model.eval()(PIECES).last_hidden_state for model in (loaded, made)]
    assert torch.equal(*answers)
    assert architecture["model_type"] == "bert"  # the table given is left as it was


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder: Path, tmp_path: Path, missing: str) -> None:
    for file in folder.iterdir():
        if file.name != missing:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(CheckpointError, match=rf"no {missing} in this folder; .*Check model\.encoder\.path"):
        load_transformer(tmp_path, 0.0)


def test_a_wrong_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nowhere: no such folder"):
        load_transformer(tmp_path / "nowhere", 0.0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", b"{broken"),
        ("config.json", b'{"model_type": "no such model"}'),
        ("config.json", b"{}"),
        ("model.safetensors", b"cut short"),
    ],
)
def test_a_damaged_folder_is_a_clear_error(folder: Path, tmp_path: Path, name: str, content: bytes) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=r"the encoder does not load \([^\n]+\)\. Check its files"):
        load_transformer(tmp_path, 0.0)
