"""The stretches that language models train on, and the state that goes from one to the next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from from_scratch.characters import ALPHABET, numbers_of, parts
from spanloom.config import RunConfig, TrainConfig, load_config
from spanloom.core import Example, Source
from spanloom.engine.checkpoint import read_checkpoint
from spanloom.engine.run import Interrupted, prepare, run_training
from spanloom.errors import ConfigError
from spanloom.inputs import Text
from spanloom.predict.long_text import merge
from spanloom.predict.predictor import load
from spanloom.tasks import find_task
from spanloom.tasks.language_model.codec import LanguageModelCodec
from spanloom.tasks.language_model.config import LanguageModelConfig
from spanloom.tasks.language_model.model import build, losses
from spanloom.text.units import normalised
from spanloom.text.vocab import UNKNOWN
from spanloom.text.words import tokenize
from tests.engine.interrupt import ctrl_c_at

TASK = find_task("language_model")
TEXT = "A ship left the harbour at dawn -- and came back, at dusk, with a hold full of salt.\n\nNobody knew why!\n"
CPU = torch.device("cpu")


def run_config(folder: Path, **settings: Any) -> RunConfig:
    """A small model over TEXT, four times, in stretches that a reader cuts at 50 characters."""
    (folder / "text.txt").write_text(TEXT * 4, encoding="utf-8")
    (folder / "run.toml").write_text(
        'task = "language_model"\n'
        '[data]\ntrain = "text.txt"\nmax_characters = 50\n'
        '[train]\nepochs = 2\nbatch_size = 3\nsampler = "sequential"\noptimizer = { kind = "sgd", momentum = 0.0 }\n'
        'learning_rate = 0.5\nema = 0.0\nwarmup = 0.0\nschedule = "constant"\nprecision = "fp32"\nthreads = 1\n'
        '[model]\ncell = "gru"\nhidden = 8\nsteps = 10\nnormalise = true\n',
        encoding="utf-8",
    )
    overrides = [f"{key.replace('__', '.')}={value}" for key, value in settings.items()]
    return load_config(folder / "run.toml", overrides, lambda name: find_task(name).config)


def of_text(text: str) -> Example:
    return Example(Text(text, tokenize(text)), None, Source(Path("text"), 1))


def joined_text(folder: Path) -> str:
    """The text of `run_config` as it is read: letters and single spaces."""
    return normalised((folder / "text.txt").read_text(encoding="utf-8"))[0]


def nothing(report: object) -> None:
    """A report that nobody reads."""


def test_in_sequence_the_rows_are_the_parts_of_from_scratch(tmp_path: Path) -> None:
    config = run_config(tmp_path)
    prepared = prepare(TASK, config, nothing)
    data, codec = prepared.data, prepared.codec
    numbers = numbers_of(TEXT * 4)
    wanted = list(parts(numbers, 3, 10))
    rows = [data.rows[start : start + 3] for start in range(0, len(data.rows), 3)]
    assert len(rows) == len(wanted)
    units = codec.units.numbers(list(ALPHABET))  # type: ignore[attr-defined]
    for batch, (inputs, targets) in zip(rows, wanted, strict=True):
        np.testing.assert_array_equal([row.inputs["tokens"] for row in batch], units[inputs.T])
        np.testing.assert_array_equal([row.inputs["following"] for row in batch], units[targets.T])
    for example, row in zip(data.examples, data.rows, strict=True):
        assert isinstance(example, Example)
        first = ALPHABET[units.tolist().index(row.inputs["tokens"][0])]
        assert first == " " or first in example.input.text.lower()


def test_with_another_sampler_each_text_is_cut_by_itself(tmp_path: Path) -> None:
    config = run_config(tmp_path, train__sampler="shuffled")
    prepared = prepare(TASK, config, nothing)
    data, codec = prepared.data, prepared.codec
    whole = [codec.encode(example) for example in TASK.read(tmp_path / "text.txt", config.data)]
    for name in ("tokens", "following"):
        np.testing.assert_array_equal(
            np.concatenate([row.inputs[name] for row in data.rows]), np.concatenate([row.inputs[name] for row in whole])
        )
    assert max(row.length for row in data.rows) == 10
    assert sum(row.inputs["tokens"][0] == 0 for row in data.rows) == len(whole)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_state_goes_on_from_batch_to_batch_and_the_gradient_does_not(tmp_path: Path, precision: str) -> None:
    """The losses of two epochs are those of a plain loop that hands the state on and begins each epoch without one."""
    config = run_config(tmp_path, train__precision=precision, train__weight_decay=0.0)
    seen: list[float] = []
    run_training(TASK, config, tmp_path / "run", on_report=lambda r: seen.extend(getattr(r, "losses", {}).values()))
    prepared = prepare(TASK, config, nothing)
    data, codec = prepared.data, prepared.codec
    torch.manual_seed(config.seed)
    model = build(config.model, codec)  # type: ignore[arg-type]
    wanted = []
    for _ in range(2):
        state = torch.zeros(3, 8)
        for start in range(0, len(data.rows), 3):
            batch = codec.collate(data.rows[start : start + 3])
            inputs = {name: torch.from_numpy(array) for name, array in batch.inputs.items()} | {"state": state}
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
                outputs = model(**inputs)
            loss = losses(outputs, {})["units"] / batch.counts["units"]
            model.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), config.train.clip)
            with torch.no_grad():
                for weight in model.parameters():
                    weight -= 0.5 * weight.grad
            state = outputs["state"].detach()
            wanted.append(loss.item())
    assert seen == pytest.approx(wanted, rel=1e-5 if precision == "fp32" else 2e-3)
    assert len(seen) == 2 * len(data.rows) // 3


def test_a_run_that_was_stopped_within_an_epoch_goes_on_bit_for_bit(tmp_path: Path) -> None:
    config = run_config(tmp_path, model__cell="lstm")
    run_training(TASK, config, tmp_path / "whole", device=CPU)
    with pytest.raises(Interrupted, match="Stopped at step 5"):
        run_training(TASK, config, tmp_path / "parts", on_report=ctrl_c_at(5), device=CPU)
    stopped = read_checkpoint(tmp_path / "parts")
    assert stopped.tensors["carried/state"].shape == (3, 16)
    run_training(TASK, config, tmp_path / "parts", resume=True, device=CPU)
    whole, resumed = (read_checkpoint(tmp_path / name) for name in ("whole", "parts"))
    assert "carried/state" not in whole.tensors, "an epoch begins without a state"
    assert whole.tensors.keys() == resumed.tensors.keys()
    assert all(torch.equal(tensor, resumed.tensors[name]) for name, tensor in whole.tensors.items())
    lines = [(tmp_path / name / "metrics.jsonl").read_text().splitlines()[-2] for name in ("whole", "parts")]
    perplexities = [line.partition('"training": ')[2] for line in lines]
    assert perplexities[0] == perplexities[1]
    assert '"perplexity"' in perplexities[0]
    card = (tmp_path / "whole" / "README.md").read_text(encoding="utf-8")
    assert "On the training data, while learning in that epoch: perplexity" in card
    assert (tmp_path / "whole" / "plots" / "training.png").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"train__accumulate": 2}, "train.accumulate: is 2, while each batch goes on with the state of the one before"),
        ({"train__r_drop": 0.5}, "train.r_drop: is 0.5, while each batch"),
        ({"train__subset": 0.5}, "train.subset: is 0.5, while each batch"),
        ({"train__adversarial": "fgm"}, "train.adversarial: is 'fgm', while each batch"),
        ({"train__batch_tokens": 29}, "train.batch_tokens: is 29, but 3 stripes of 10 units are read side by side"),
        ({"train__batch_size": 400, "train__batch_tokens": 4000}, "train.batch_size: is 400, but the training text"),
    ],
)
def test_what_breaks_the_chain_is_refused(settings: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        run_training(TASK, run_config(tmp_path, **settings), tmp_path / "run", device=CPU)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"unit": "word"}, r"model.embedding: is 0, but the units are words"),
        ({"tied": True, "embedding": 4, "hidden": 8}, r"model.embedding: is 4, but with model.tied"),
        ({"dropout": 1.0}, r"model.dropout: is 1.0"),
        ({"steps": 0}, r"model.steps: is 0"),
        ({"tokenizer": Path("x")}, r"model.tokenizer: is set, but the units are characters"),
    ],
)
def test_settings_that_will_not_do_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        LanguageModelCodec.fit([], LanguageModelConfig(**settings))


@pytest.mark.parametrize(
    "settings",
    [
        {"unit": "word", "embedding": 8, "tied": True, "hidden": 8, "cell": "rnn", "layers": 2, "dropout": 0.2},
        {"unit": "character", "embedding": 5, "hidden": 8, "least": 12, "dropout": 0.2},
        {"unit": "word", "normalise": True, "embedding": 6, "hidden": 8, "cell": "gru"},
    ],
    ids=["word", "character", "normalised"],
)
def test_every_kind_of_unit_gives_each_token_its_bits(settings: dict[str, Any], tmp_path: Path) -> None:
    config = run_config(tmp_path)
    examples = list(TASK.read(tmp_path / "text.txt", config.data))
    codec = LanguageModelCodec.fit(examples, LanguageModelConfig(**settings))
    torch.manual_seed(0)
    model = build(LanguageModelConfig(**settings), codec).eval()
    batch = codec.collate([codec.encode(example) for example in examples])
    with torch.no_grad():
        outputs = model(**{name: torch.from_numpy(array) for name, array in batch.inputs.items()})
    answers = codec.decode({name: tensor.numpy() for name, tensor in outputs.items()}, batch)
    bits = sum(sum(answer.bits) for answer in answers)
    assert bits * np.log(2) == pytest.approx(losses(outputs, {})["units"].item(), rel=1e-5)
    assert [len(answer.bits) for answer in answers] == [len(example.input.tokens) for example in examples]
    if "least" in settings:
        assert (batch.inputs["following"] == UNKNOWN).any()
        assert codec.size(examples[0].input).unknown > 0


def test_each_token_of_a_long_text_has_its_bits_from_the_window_that_begins_first(tmp_path: Path) -> None:
    run_training(TASK, replace(run_config(tmp_path), train=TrainConfig(epochs=1, ema=0.0)), tmp_path / "run")
    predictor = load(tmp_path / "run")
    text = predictor.prepare(TEXT)
    [whole] = predictor.predict_inputs([text])
    predictor.codec.max_words = 12  # type: ignore[attr-defined]
    [windowed] = predictor.predict_inputs([text])
    assert len(windowed.bits) == len(whole.bits) == len(text.tokens)
    assert windowed.bits[:12] == pytest.approx(whole.bits[:12], rel=3e-6)
    assert windowed.bits[12:] != pytest.approx(whole.bits[12:], rel=3e-6)
    places = [(0, 3), (2, 5)]
    answers = [type(whole)((1.0, 2.0, 3.0)), type(whole)((9.0, 4.0, 5.0))]
    assert merge(answers, places).bits == (1.0, 2.0, 3.0, 4.0, 5.0)


def test_a_model_that_reads_backward_is_one_that_reads_the_mirrored_text() -> None:
    text = "abba cab, a bad deed"
    config = LanguageModelConfig(hidden=6)
    ahead, back = (
        LanguageModelCodec.fit([of_text(text)], replace(config, direction=way)) for way in ("forward", "backward")
    )
    torch.manual_seed(0)
    model = build(config, ahead).eval()

    def bits(codec: LanguageModelCodec, read: str) -> tuple[float, ...]:
        batch = codec.collate([codec.encode(of_text(read))])
        with torch.no_grad():
            outputs = model(**{name: torch.from_numpy(array) for name, array in batch.inputs.items()})
        [answer] = codec.decode({name: tensor.numpy() for name, tensor in outputs.items()}, batch)
        return answer.bits

    assert sum(bits(back, text)) == pytest.approx(sum(bits(ahead, text[::-1])), rel=1e-6)
    # Mirrored, the space goes with the other word: only where none stands are the bits of each token the same.
    marks = "abba,cab;deed"
    assert len(bits(back, marks)) == 5
    assert bits(back, marks) == pytest.approx(bits(ahead, marks[::-1])[::-1], rel=1e-6)


def test_backward_the_training_text_is_one_stream_from_its_end(tmp_path: Path) -> None:
    streams = []
    for way in ("forward", "backward"):
        data = prepare(TASK, run_config(tmp_path, model__direction=way), nothing).data
        assert len(data.examples) > 2
        streams.append(np.concatenate([row.inputs["tokens"] for stripe in range(3) for row in data.rows[stripe::3]]))
    whole = len(joined_text(tmp_path))
    left_out = whole - len(streams[0])  # the last unit, and what fills no stripe
    assert 1 <= left_out <= 3
    np.testing.assert_array_equal(streams[1][::-1][:-left_out], streams[0][left_out:])


def test_backward_each_stretch_of_another_sampler_ends_where_the_one_before_began(tmp_path: Path) -> None:
    config = run_config(tmp_path, train__sampler="shuffled", model__direction="backward")
    prepared = prepare(TASK, config, nothing)
    data, codec = prepared.data, prepared.codec
    whole = [codec.encode(item) for item in TASK.read(tmp_path / "text.txt", config.data)]
    np.testing.assert_array_equal(
        np.concatenate([row.inputs["following"] for row in data.rows]),
        np.concatenate([row.inputs["following"] for row in reversed(whole)]),
    )
