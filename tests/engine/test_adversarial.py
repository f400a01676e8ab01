"""FGM and PGD against the step written out by hand, from the embedded input on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig

from spanloom.config import TrainConfig, attacks
from spanloom.core import Row
from spanloom.encoders.parts.modules.pretrained import make_transformer
from spanloom.encoders.parts.modules.transformer import Transformer
from spanloom.engine.adversarial import Attack, Measured, backward_attacked, build_attack, with_shifts
from spanloom.engine.step import train_step
from spanloom.engine.trainer import Method
from spanloom.errors import ConfigError
from spanloom.nn.layers.char_cnn import CharCNN
from spanloom.nn.layers.embedding import HashedEmbedding, WordEmbedding
from tests.engine import toy

FGM, PGD = Attack(0.8, 0.8), Attack(0.8, 0.5, 3)
ATTACKS = pytest.mark.parametrize("attack", [FGM, PGD], ids=["fgm", "pgd"])


def rows_and_codec(count: int) -> tuple[list[Row], toy.ToyCodec]:
    chosen = toy.examples(count)
    codec = toy.TASK.fit(chosen, None)
    return [codec.encode(example) for example in chosen], codec


def fresh(codec: toy.ToyCodec, dropout: float = 0.0) -> toy.ToyModel:
    torch.manual_seed(0)
    return toy.ToyModel(len(codec.letters) + 2, 6, dropout).double()


def step(model: nn.Module, rows: list[Row], codec: toy.ToyCodec, attack: Attack | None, **settings: Any) -> None:
    """One step at learning rate 0, which leaves its gradient behind."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    method = Method(toy.losses, attack=attack)
    train_step(toy.trainer(model, codec, method, torch.optim.SGD(weights, lr=0.0), **settings), [rows])


def gradients_of(model: nn.Module) -> dict[str, Tensor]:
    return {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}


def tensors_of(rows: list[Row], codec: toy.ToyCodec) -> tuple[dict[str, Tensor], dict[str, float]]:
    batch = codec.collate(rows)
    return {name: torch.from_numpy(array) for name, array in (batch.inputs | batch.targets).items()}, batch.counts


def by_hand(model: toy.ToyModel, rows: list[Row], codec: toy.ToyCodec, attack: Attack) -> Tensor:
    """The attacked gradient into `.grad`, sentence by sentence. Returns the last shift [B, T, D]."""
    tensors, counts = tensors_of(rows, codec)

    def loss(shift: Tensor) -> Tensor:
        outputs = model.from_vectors(model.embed(tensors["ids"]) + shift, tensors["mask"])
        return sum((part / counts[name] for name, part in toy.losses(outputs, tensors).items()), torch.zeros(()))

    shift = torch.zeros(*tensors["ids"].shape, model.embed.embedding_dim, dtype=torch.float64)
    for _ in range(attack.steps):
        leaf = shift.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(loss(leaf), leaf)
        for b in range(len(rows)):
            shift[b] += attack.reach * gradient[b] / gradient[b].norm()
            if shift[b].norm() > attack.radius:
                shift[b] *= attack.radius / shift[b].norm()
    (0.5 * loss(torch.zeros_like(shift)) + 0.5 * loss(shift)).backward()
    return shift


@ATTACKS
def test_an_attacked_step_is_the_one_written_out_by_hand(attack: Attack) -> None:
    rows, codec = rows_and_codec(5)
    model, copy = fresh(codec), fresh(codec)
    step(model, rows, codec, attack)
    shift = by_hand(copy, rows, codec, attack)
    torch.testing.assert_close(shift.flatten(1).norm(dim=1), torch.full((5,), 0.8).double())
    for name, gradient in gradients_of(copy).items():
        torch.testing.assert_close(gradients_of(model)[name], gradient, rtol=0, atol=1e-14)
    plain = fresh(codec)
    step(plain, rows, codec, None)
    assert all(not torch.allclose(gradients_of(plain)[name], gradient) for name, gradient in gradients_of(copy).items())


@ATTACKS
def test_an_attack_leaves_nothing_behind_even_when_it_breaks_off(attack: Attack) -> None:
    rows, codec = rows_and_codec(4)
    model = fresh(codec, dropout=0.3)
    before = toy.weights_of(model)
    step(model, rows, codec, attack, seed=3)
    assert toy.same_bits(toy.weights_of(model), before)
    calls = []

    def breaking(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        calls.append(1)
        if len(calls) > attack.steps:
            raise ArithmeticError
        return toy.losses(outputs, targets)

    with pytest.raises(ArithmeticError):
        train_step(toy.trainer(model, codec, Method(breaking, attack=attack)), [rows])
    assert toy.same_bits(toy.weights_of(model), before)
    assert not any(module._forward_hooks for module in model.modules())


@ATTACKS
def test_an_attack_of_no_length_is_a_plain_step(attack: Attack) -> None:
    rows, codec = rows_and_codec(4)
    model, plain = fresh(codec), fresh(codec)
    step(model, rows, codec, Attack(1e-13, 1e-13, attack.steps))
    step(plain, rows, codec, None)
    for name, gradient in gradients_of(plain).items():
        torch.testing.assert_close(gradients_of(model)[name], gradient, rtol=0, atol=1e-12)


@ATTACKS
def test_a_frozen_table_is_attacked_too(attack: Attack) -> None:
    rows, codec = rows_and_codec(4)
    model, frozen = fresh(codec), fresh(codec)
    frozen.embed.requires_grad_(False)
    step(model, rows, codec, attack)
    step(frozen, rows, codec, attack)
    wanted = gradients_of(model)
    del wanted["embed.weight"]
    assert toy.same_bits(gradients_of(frozen), wanted)


@ATTACKS
def test_loss_scaling_changes_no_bit_of_the_gradient(attack: Attack) -> None:
    rows, codec = rows_and_codec(4)
    model, scaled = fresh(codec, dropout=0.3), fresh(codec, dropout=0.3)
    step(model, rows, codec, attack, seed=3)
    step(scaled, rows, codec, attack, seed=3, scaler=torch.amp.GradScaler("cpu"))
    assert toy.same_bits(gradients_of(scaled), gradients_of(model))


def test_tiny_gradients_have_a_direction_and_infinite_ones_none() -> None:
    rows, codec = rows_and_codec(3)
    model = fresh(codec).float()
    tensors, _ = tensors_of(rows, codec)
    factors = torch.tensor([1e-35, 0.0, float("inf")])  # the square of the first is no float32

    def objective() -> Measured:
        with torch.no_grad():
            model.embed.weight.fill_(0.1)
        outputs = model(tensors["ids"], tensors["mask"])
        seen.append(outputs["logits"].detach().clone())
        each = outputs["logits"][:, 0, 0]  # [B]
        return Measured((each * factors).sum(), {})

    seen: list[Tensor] = []
    backward_attacked(model, {}, objective, FGM)
    moved = (seen[1] - seen[0]).abs().flatten(1).amax(dim=1)  # [B]
    assert moved[0] > 1e-3
    assert moved[1:].tolist() == [0.0, 0.0]


class Looker(nn.Module):
    """Reads tokens, positions and types, each through a table."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.tokens, self.positions, self.types = nn.Embedding(tokens, 2), nn.Embedding(99, 2), nn.Embedding(3, 2)

    def forward(self, ids: Tensor, types: Tensor) -> Tensor:
        found: Tensor = self.tokens(ids) + self.positions(torch.arange(ids.shape[1])[None]) + self.types(types)
        return found


def test_tables_that_read_tokens_are_found_by_themselves() -> None:
    model, ids = Looker(60), torch.tensor([[4, 5, 59]])
    inputs = {"ids": ids, "types": torch.zeros_like(ids)}
    with with_shifts(model, inputs, None) as shifts:
        model(**inputs).sum().backward()
    assert [tuple(shift.shape) for shift in shifts] == [(1, 3, 2)]
    assert shifts[0].grad is not None
    halves = torch.tensor([[[4, 5], [59, 6]]])  # an input of two texts, which a model may read as two rows
    with with_shifts(model, {"ids": halves}, None) as shifts:
        model(halves.flatten(0, 1), torch.zeros(2, 2, dtype=torch.long))
    assert [tuple(shift.shape) for shift in shifts] == [(2, 2, 2)]


@pytest.mark.parametrize("frozen", [0, 20])
def test_words_are_attacked_as_a_whole_whichever_table_holds_them(frozen: int) -> None:
    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.hashed = WordEmbedding(30, 4, 0.0, frozen), HashedEmbedding(99, 3, attributes=2)
            self.characters = CharCNN(99, 4, 2)

        def forward(self, words: Tensor, hashed: Tensor, characters: Tensor) -> Tensor:
            parts = [self.words(words), self.hashed(hashed), self.characters(characters)]
            return torch.cat(parts, dim=-1)

    model = Reader()
    inputs = {"words": torch.tensor([[3, 25, 0], [1, 5, 9]]), "hashed": torch.arange(24).reshape(2, 3, 4)}
    inputs["characters"] = inputs["hashed"] + 60
    with with_shifts(model, inputs, None) as shifts:
        model(**inputs).square().sum().backward()
    assert [tuple(shift.shape) for shift in shifts] == [(2, 3, 4), (2, 3, 4, 3)]
    moves = [torch.ones_like(shift) for shift in shifts]
    with torch.no_grad(), with_shifts(model, inputs, moves):
        moved = model(**inputs)
    with torch.no_grad():
        still = model(**inputs)
    torch.testing.assert_close(moved - still, torch.tensor([1.0] * 4 + [2.0] * 6 + [0.0] * 2).expand(2, 3, -1))


def test_the_word_pieces_of_a_pretrained_encoder_are_found_though_frozen() -> None:
    config = BertConfig(vocab_size=60, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    encoder = Transformer(make_transformer(config.to_dict()), "mean", True, True, "embeddings")
    pieces = torch.tensor([[2, 5, 6, 3], [2, 7, 3, 0]])
    words = torch.tensor([[1, 2], [1, 0]])
    inputs = {"pieces": pieces, "piece_lengths": torch.tensor([4, 3]), "first": words, "last": words.clone()}
    with with_shifts(encoder, inputs, None) as shifts:
        encoder(**inputs).vectors.square().sum().backward()
    assert [tuple(shift.shape) for shift in shifts] == [(2, 4, 8)]
    assert encoder.pretrained.get_input_embeddings().weight.grad is None
    assert shifts[0].grad is not None
    assert bool((shifts[0].grad[0] != 0).any())


def test_a_model_without_tokens_is_an_error() -> None:
    model, ids = Looker(40), torch.tensor([[4, 5]])
    inputs = {"ids": ids, "types": torch.zeros_like(ids)}
    with pytest.raises(ConfigError, match=r"train.adversarial: the model has no embedding table .* more than 50 rows"):
        backward_attacked(model, inputs, lambda: Measured(model(**inputs).sum(), {}), FGM)


def test_attacks_are_built_from_the_settings() -> None:
    assert build_attack(TrainConfig()) is None
    assert build_attack(TrainConfig(adversarial=attacks.PGD(epsilon=0.0))) is None
    assert build_attack(TrainConfig(adversarial=attacks.FGM(epsilon=0.7))) == Attack(0.7, 0.7, 1)
    pgd = TrainConfig(adversarial=attacks.PGD(epsilon=0.7, alpha=0.2, steps=4))
    assert build_attack(pgd) == Attack(0.7, 0.2, 4)
