"""The networks of joint extraction: shapes, padding, batch order, and losses that are sums over sentences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from spanloom.config import load_config
from spanloom.core import Batch, Example
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.encoders.transformer.config import TransformerConfig
from spanloom.engine.device import to_tensors
from spanloom.engine.run import run_training
from spanloom.errors import ConfigError
from spanloom.tasks import FOLDER
from spanloom.tasks.joint import TASK
from spanloom.tasks.joint.codec import JointCodec
from spanloom.tasks.joint.config import JointConfig
from spanloom.tasks.joint.model import TAG_WEIGHT, build, losses
from tests.tasks.sentences import sentence
from tests.text.tiny_tokenizer import PIECES, tiny_tokenizer

EXAMPLES = [
    sentence("abe fed bea a bad bee", [(0, 1, "P"), (2, 3, "P"), (3, 6, "T")], [(0, "r", 1), (0, "s", 2), (1, "r", 2)]),
    sentence("bea", [(0, 1, "P")], line=2),
    sentence("dad ceded a cab", [(0, 1, "P"), (2, 4, "T")], [(0, "s", 1)], line=3),
    sentence("a b c d e a b c d e a", [(0, 1, "T"), (8, 9, "P")], [(1, "r", 0)], line=4),
]
CPU = torch.device("cpu")
SMALL: dict[str, Any] = {"projection": 12, "rank": 5, "between": 4, "label_width": 3, "reach": 4}
SPELLED: dict[str, Any] = {"char_width": 4, "char_filters": 6, "shape_width": 2, "hidden": 7, "layers": 2}
RNN = RnnConfig(word_width=8, **SPELLED)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of the tiny tokenizer's alphabet."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("encoder")
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(PIECES), max_position_embeddings=256, **sizes)).save_pretrained(path)
    (path / "tokenizer.json").write_text(tiny_tokenizer(), encoding="utf-8")
    return path


@pytest.fixture(
    params=[(scheme, kind) for scheme in ("table", "tagging") for kind in ("rnn", "transformer")],
    ids=lambda case: "-".join(case),
)
def config(request: pytest.FixtureRequest, folder: Path) -> JointConfig:
    scheme, kind = request.param
    encoder = RNN if kind == "rnn" else TransformerConfig(path=folder, **SPELLED)
    return JointConfig(scheme=scheme, encoder=encoder, **SMALL)


@pytest.fixture
def codec(config: JointConfig) -> JointCodec:
    return JointCodec.fit(EXAMPLES, config)


@pytest.fixture
def model(config: JointConfig, codec: JointCodec) -> nn.Module:
    torch.manual_seed(3)
    return build(config, codec).eval()


def batched(codec: JointCodec, examples: list[Example]) -> Batch:
    return codec.collate([codec.encode(example) for example in examples])


def run(model: nn.Module, batch: Batch) -> dict[str, Tensor]:
    with torch.no_grad():
        return model(**to_tensors(batch.inputs, CPU))  # type: ignore[no-any-return]


def summed(model: nn.Module, batch: Batch) -> dict[str, float]:
    found = losses(run(model, batch), to_tensors(batch.targets, CPU))
    return {name: float(value) for name, value in found.items()}


def test_shapes(config: JointConfig, codec: JointCodec, model: nn.Module) -> None:
    outputs = run(model, batched(codec, EXAMPLES))
    shapes = {name: tuple(tensor.shape) for name, tensor in outputs.items()}
    if config.scheme == "tagging":
        assert shapes == {"tags": (4, 16, 17)}  # 8 tags for each of two relations, and O
    else:
        tables = (4, 2, 16, 16)
        assert shapes == {"tags": (4, 16, 9), "spans": tables, "heads": tables, "tails": tables}


def inside(outputs: dict[str, Tensor], row: int, width: int) -> dict[str, Tensor]:
    return {
        name: tensor[row, :width] if name == "tags" else tensor[row, :, :width, :width]
        for name, tensor in outputs.items()
    }


def test_padding_and_neighbours_change_nothing(codec: JointCodec, model: nn.Module) -> None:
    together = run(model, batched(codec, EXAMPLES))
    turned = run(model, batched(codec, EXAMPLES[::-1]))
    for row, example in enumerate(EXAMPLES):
        width = len(example.input.tokens)
        alone = inside(run(model, batched(codec, [example])), 0, width)
        for other in (inside(together, row, width), inside(turned, len(EXAMPLES) - 1 - row, width)):
            for name, tensor in alone.items():
                torch.testing.assert_close(other[name], tensor, rtol=1e-5, atol=1e-5)


def test_losses_are_sums_over_sentences(codec: JointCodec, model: nn.Module) -> None:
    batch = batched(codec, EXAMPLES)
    together = summed(model, batch)
    assert together.keys() == batch.counts.keys()
    alone = [batched(codec, [example]) for example in EXAMPLES]
    for name, total in together.items():
        assert sum(summed(model, single)[name] for single in alone) == pytest.approx(total, rel=1e-5)
        assert sum(single.counts[name] for single in alone) == batch.counts[name]


def test_perfect_outputs_cost_least(codec: JointCodec, model: nn.Module) -> None:
    batch = batched(codec, EXAMPLES)
    perfect = {name: torch.from_numpy(array) * 30.0 for name, array in codec.perfect(batch).items()}
    for name, value in losses(perfect, to_tensors(batch.targets, CPU)).items():
        assert 0 <= float(value) < 1e-3, name


def test_table_losses_as_the_formulas_say() -> None:
    codec = JointCodec.fit(EXAMPLES, JointConfig(encoder=RNN))
    batch = batched(codec, EXAMPLES[1:3])  # widths 1 and 4, padded to 8
    draw = np.random.default_rng(0)
    outputs = {name: draw.normal(size=array.shape) for name, array in codec.perfect(batch).items()}
    expected = dict.fromkeys(("tags", "spans", "heads", "tails"), 0.0)
    for row, width in enumerate((1, 4)):
        for word in range(width):
            logits = outputs["tags"][row, word]
            chosen = logits[batch.targets["tags"][row, word]]
            expected["tags"] += TAG_WEIGHT * (np.log(np.exp(logits).sum()) - chosen)
        for name in ("spans", "heads", "tails"):
            for label in range(2):
                sums = {True: 1.0, False: 1.0}
                for i in range(width):
                    for j in range(i if name == "spans" else 0, width):
                        is_gold = bool(batch.targets[name][row, label, i, j])
                        sums[is_gold] += np.exp(outputs[name][row, label, i, j] * (-1 if is_gold else 1))
                expected[name] += np.log(sums[True]) + np.log(sums[False])
    tensors = {name: torch.from_numpy(array).float() for name, array in outputs.items()}
    found = losses(tensors, to_tensors(batch.targets, CPU))
    assert float(found["tags"]) == pytest.approx(expected["tags"], rel=1e-5)
    assert float(found["spans"]) == pytest.approx(expected["spans"], rel=1e-5)
    assert float(found["relations"]) == pytest.approx((expected["heads"] + expected["tails"]) / 2, rel=1e-5)


def test_every_trainable_weight_gets_a_gradient(config: JointConfig, codec: JointCodec, model: nn.Module) -> None:
    batch = batched(codec, EXAMPLES)
    outputs = model(**to_tensors(batch.inputs, CPU))
    torch.stack(list(losses(outputs, to_tensors(batch.targets, CPU)).values())).sum().backward()
    idle = {name for name, weight in model.named_parameters() if weight.requires_grad and weight.grad is None}
    assert {name for name in idle if "pooler" not in name} == set()
    frozen = {name for name, weight in model.named_parameters() if not weight.requires_grad}
    word_embeddings = "encoder.transformer.pretrained.embeddings.word_embeddings.weight"
    assert frozen == ({word_embeddings} if config.encoder.kind == "transformer" else set())


def test_only_the_pretrained_part_takes_the_encoder_learning_rate(config: JointConfig, model: nn.Module) -> None:
    prefixes: Any = model.pretrained_prefixes
    pretrained = {name for name, _ in model.named_parameters() if name.startswith(tuple(prefixes))}
    assert bool(pretrained) is (config.encoder.kind == "transformer")
    assert all(".transformer.pretrained." in name for name in pretrained)


def test_the_architecture_builds_the_same_module_without_pretrained_files(
    config: JointConfig, codec: JointCodec, model: nn.Module
) -> None:
    key = "path" if config.encoder.kind == "transformer" else "vectors"
    changed: Any = {key: Path("/nowhere")}
    nowhere = replace(config, encoder=replace(config.encoder, **changed))
    architecture: Any = model.architecture
    again = build(nowhere, codec, architecture).eval()
    again.load_state_dict(model.state_dict())
    batch = batched(codec, EXAMPLES)
    for name, tensor in run(model, batch).items():
        assert torch.equal(run(again, batch)[name], tensor)


def test_parts_can_be_left_out() -> None:
    config = JointConfig(encoder=RNN, **{**SMALL, "between": 0, "label_width": 0})
    codec = JointCodec.fit(EXAMPLES, config)
    model = build(config, codec).eval()
    assert run(model, batched(codec, EXAMPLES))["heads"].shape == (4, 2, 16, 16)
    assert not any("between" in name for name, _ in model.named_parameters())


def test_what_is_recalled_of_two_names_moves_their_scores_alone() -> None:
    config = JointConfig(encoder=RNN, **SMALL)
    codec = JointCodec.fit(EXAMPLES, config)
    model = build(config, codec).eval()
    again = sentence("bea abe ceded a cab", [], line=9)  # abe, r, bea is in the training data
    batch = batched(codec, [again])
    recalled = batch.inputs["recalled"]
    assert recalled.max() >= 2
    with_it = run(model, batch)
    batch.inputs["recalled"] = np.zeros_like(recalled)
    without = run(model, batch)
    weights = codec.memory.weights
    for name in ("heads", "tails"):
        moved = (with_it[name] - without[name])[0]  # [R, T, T]
        assert float(moved[0, 1, 0]) == pytest.approx(weights.sure, abs=1e-5)  # abe before bea: r, and no s
        assert float(moved[1, 1, 0]) == pytest.approx(-weights.doubt, abs=1e-5)
        moved[:, :2, :2] = 0.0
        assert not moved.any()
    assert torch.equal(with_it["spans"], without["spans"])


def test_a_model_need_not_recall() -> None:
    config = JointConfig(encoder=RNN, recall=False, **SMALL)
    codec = JointCodec.fit(EXAMPLES, config)
    assert "recalled" not in codec.encode(EXAMPLES[0]).inputs
    assert codec.seen("abe", "bea")  # the scorecard still asks
    assert set(run(build(config, codec).eval(), batched(codec, EXAMPLES))) == {"tags", "spans", "heads", "tails"}


def test_a_model_starts_from_the_vectors_of_its_file(tmp_path: Path) -> None:
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("bea 1 2 3\nfed 4 5 6\n", encoding="utf-8")
    config = JointConfig(encoder=replace(RNN, vectors=vectors), **SMALL)
    codec = JointCodec.fit(EXAMPLES, config)
    torch.manual_seed(0)
    model = build(config, codec)
    table: Any = model.encoder.words.table.weight.detach()  # type: ignore[union-attr]
    assert table.shape[1] == 3
    for word, vector in (("bea", [1, 2, 3]), ("fed", [4, 5, 6])):
        assert table[codec.encode(sentence(word)).inputs["words"][0]].tolist() == vector
    assert not table[0].any()
    others = table[4:]  # words that only training had, as large as the file's
    assert float(others.std()) == pytest.approx(np.std([1, 2, 3, 4, 5, 6]), rel=0.5)


def test_data_without_any_relation_are_refused(config: JointConfig) -> None:
    examples = [sentence("bea", [(0, 1, "P")])]
    with pytest.raises(ConfigError, match=r"data\.train: no relation in any sentence; annotated relations"):
        build(config, JointCodec.fit(examples, config))


def test_the_tagging_scheme_learns_what_it_can_say_of_the_sample(tmp_path: Path) -> None:
    """The table scheme's turn is in tests/test_every_task.py, which trains each task's own configuration."""
    overrides = ["model.scheme=tagging", "train.batch_size=36", "train.learning_rate=2e-2", "train.evaluate_from=60"]
    config = load_config(FOLDER / "joint" / "tiny.toml", overrides, lambda name: JointConfig)
    assert config.data.train is not None
    examples = list(TASK.read(config.data.train, config.data))
    codec = JointCodec.fit(examples, config.model)
    batch = batched(codec, examples)
    said = TASK.score(examples, codec.decode(codec.perfect(batch), batch), codec)
    assert 0.5 < TASK.best(said) < 0.95  # the sample has what one tag a word cannot say
    assert TASK.best(run_training(TASK, config, tmp_path / "run", device=CPU)) >= 0.9 * TASK.best(said)
