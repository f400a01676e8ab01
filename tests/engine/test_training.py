"""Whole runs of the toy task: resuming, stopping, keeping the best, and what a run folder holds."""

from __future__ import annotations

import errno
import json
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import spanloom.nn.storage
from spanloom.config import RunConfig, attacks, load_config, schedules
from spanloom.contracts import Task
from spanloom.core import Row
from spanloom.decode.rows import predict_rows
from spanloom.engine.checkpoint import read_checkpoint
from spanloom.engine.evaluate import TorchBackend, evaluating
from spanloom.engine.model_folder import load_model, read_letters
from spanloom.engine.report import EpochReport, Notice, Report, StepReport, read_metrics
from spanloom.engine.run import Interrupted, run_training
from spanloom.errors import CheckpointError, ConfigError, DataError
from tests.engine import toy
from tests.engine.interrupt import ctrl_c_at

CPU = torch.device("cpu")


def run(config: RunConfig, output: Path, resume: bool = False, at: Callable[[Report], None] | None = None) -> Any:
    return run_training(toy.TASK, config, output, resume, at or (lambda report: None), CPU)


def state_of(output: Path) -> dict[str, Tensor]:
    return read_checkpoint(output).tensors


@pytest.mark.parametrize("stop", [1, 3, 4])
def test_six_steps_equal_some_then_the_rest_bit_for_bit(tmp_path: Path, stop: int) -> None:
    """With dropout, an average, accumulation, and a stop within an epoch as well as between two."""
    config = toy.settings(tmp_path)
    run(config, tmp_path / "whole")
    with pytest.raises(Interrupted, match=f"Stopped at step {stop}. Go on with: spanloom train .* --resume"):
        run(config, tmp_path / "parts", at=ctrl_c_at(stop))
    assert read_checkpoint(tmp_path / "parts").about["step"] == stop
    torch.manual_seed(99)  # whatever happened in between does not matter
    run(config, tmp_path / "parts", resume=True)
    whole, parts = read_checkpoint(tmp_path / "whole"), read_checkpoint(tmp_path / "parts")
    assert whole.about["step"] == parts.about["step"] == 6
    assert whole.about == parts.about
    assert toy.same_bits(whole.tensors, parts.tensors)
    kept = [load_model(tmp_path / name, toy.find_task).model.state_dict() for name in ("whole", "parts")]
    assert toy.same_bits(*kept)
    lines = [
        [(line["kind"], line["step"]) for line in read_metrics(tmp_path / n / "metrics.jsonl")]
        for n in ("whole", "parts")
    ]
    assert lines[0] == lines[1]


def test_a_run_with_its_knobs_at_zero_is_a_plain_one(tmp_path: Path) -> None:
    config = toy.settings(tmp_path, epochs=1)
    run(config, tmp_path / "plain")
    turned = replace(config.train, adversarial=attacks.PGD(epsilon=0.0), r_drop=0.0, clip_value=0.0)
    run(replace(config, train=turned), tmp_path / "turned")
    assert toy.same_bits(state_of(tmp_path / "plain"), state_of(tmp_path / "turned"))


def test_the_dropout_of_a_run_follows_its_seed(tmp_path: Path) -> None:
    config = toy.settings(tmp_path, epochs=1)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(replace(config, seed=seed), tmp_path / name)
    assert toy.same_bits(state_of(tmp_path / "a"), state_of(tmp_path / "b"))
    assert not toy.same_bits(state_of(tmp_path / "a"), state_of(tmp_path / "c"))


def test_ctrl_c_leaves_the_handler_as_it_was_and_the_message_names_the_settings(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    config, output = toy.settings(tmp_path), tmp_path / "run"
    with pytest.raises(Interrupted) as caught:
        run(config, output, at=ctrl_c_at(2))
    assert signal.getsignal(signal.SIGINT) is before
    assert f"spanloom train {output / 'config.toml'} --output {output} --resume" in str(caught.value)
    assert load_config(output / "config.toml", [], lambda name: toy.ToyConfig) == config


def test_a_run_folder_holds_everything(tmp_path: Path) -> None:
    config, output = toy.settings(tmp_path, epochs=3), tmp_path / "run"
    reports: list[Report] = []
    scorecard = run(config, output, at=reports.append)
    files = {path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file()}
    assert files == {
        "README.md",
        "checkpoint/last.safetensors",
        "checkpoint/previous.safetensors",
        "config.toml",
        "metrics.jsonl",
        "model/codec.json",
        "model/model.json",
        "model/weights.safetensors",
        "plots/dev.png",
        "plots/gradient_norm.png",
        "plots/learning_rate.png",
        "plots/losses.png",
        "scorecard.json",
        "training_texts.bin",
    }
    assert json.loads((output / "scorecard.json").read_text()) == scorecard
    scored = [report for report in reports if isinstance(report, EpochReport)]
    assert scorecard["letters"]["accuracy"] == max(report.score for report in scored if report.score is not None)
    steps = [report for report in reports if isinstance(report, StepReport)]
    assert [report.step for report in steps] == list(range(1, 10))
    assert {report.steps for report in steps} == {9}
    assert sum(report.sentences for report in steps) == 3 * 20
    card = (output / "README.md").read_text(encoding="utf-8")
    shown = [f"{100 * scorecard['letters'][name]:.1f}" for name in ("accuracy", "f1")]
    assert f"| letters | {' | '.join(shown)} |" in card
    assert "learning_rate = 0.01" in card
    assert re.search(r" 9 updates, \d+\.\d GB of memory at most\.", card)
    assert all(report.peak_memory > 10**7 for report in scored)
    *_, end = read_metrics(output / "metrics.jsonl")
    assert (end["kind"], end["step"]) == ("end", 9)
    assert end["peak_memory"] >= scored[-1].peak_memory
    assert read_letters(output) == {}, "a toy reads no texts"
    assert str(config.data.train) in card


def test_the_kept_model_scores_what_its_scorecard_says(tmp_path: Path) -> None:
    config = toy.settings(tmp_path, epochs=4)
    scorecard = run(config, tmp_path / "run")
    saved = load_model(tmp_path / "run", toy.find_task)
    assert saved.config.train == config.train
    assert saved.config.data.train is None
    dev = list(toy.read(tmp_path / "dev.txt", config.data))
    answers = predict_rows(TorchBackend(saved.model), saved.codec, [saved.codec.encode(example) for example in dev])
    assert toy.score(dev, answers, saved.codec) == scorecard


def test_answers_come_in_the_order_of_the_rows(tmp_path: Path) -> None:
    chosen = toy.examples(9)
    codec = toy.TASK.fit(chosen, None)
    model = toy.ToyModel(len(codec.letters) + 2, 4, 0.5)
    rows = [codec.encode(replace(example, gold=None)) for example in chosen]
    with evaluating(model):
        together = predict_rows(TorchBackend(model, batch_size=4), codec, rows)
        assert together == [predict_rows(TorchBackend(model), codec, [row])[0] for row in rows]
    assert model.training
    assert [len(answer) for answer in together] == [row.length for row in rows]


def scoring(*scores: float) -> Task:
    """The toy task, whose epochs score what is given."""
    left = iter(scores)
    return replace(toy.TASK, score=lambda examples, answers, codec: {"f1": next(left)}, best=lambda card: card["f1"])


def test_patience_stops_early_and_the_best_model_stays(tmp_path: Path) -> None:
    config, output = toy.settings(tmp_path, epochs=9, patience=2, ema=0.0), tmp_path / "run"
    saved: dict[int, dict[str, Tensor]] = {}

    def watch(report: Report) -> None:
        if isinstance(report, StepReport) and report.step % 3 == 1 and (output / "model").exists():
            saved[report.epoch - 1] = load_model(output, toy.find_task).model.state_dict()

    card = run_training(scoring(0.2, 0.5, 0.5, 0.1), config, output, False, watch, CPU)
    assert card == {"f1": 0.5}
    about = read_checkpoint(output).about
    assert (about["step"], about["best_epoch"], about["best_score"]) == (12, 2, 0.5)
    assert toy.same_bits(load_model(output, toy.find_task).model.state_dict(), saved[2])
    assert not toy.same_bits(saved[1], saved[2])
    run_training(scoring(), config, output, True, watch, CPU)  # its patience is still at an end
    assert read_checkpoint(output).about["step"] == 12


def test_epochs_before_evaluate_from_are_not_scored_but_saved(tmp_path: Path) -> None:
    config, reports = toy.settings(tmp_path, epochs=3, evaluate_from=3), []
    run_training(scoring(0.4), config, tmp_path / "run", False, reports.append, CPU)
    assert [report.score for report in reports if isinstance(report, EpochReport)] == [None, None, 0.4]


def test_without_dev_data_the_last_averaged_weights_are_kept_and_that_is_said(tmp_path: Path) -> None:
    reports: list[Report] = []
    assert run(toy.settings(tmp_path, dev=False), tmp_path / "run", at=reports.append) == {}
    assert any("No dev data" in report.text for report in reports if isinstance(report, Notice))
    kept = load_model(tmp_path / "run", toy.find_task).model.state_dict()
    averaged = {
        n.removeprefix("average/"): t for n, t in state_of(tmp_path / "run").items() if n.startswith("average/")
    }
    assert toy.same_bits(kept, averaged)
    assert not (tmp_path / "run" / "scorecard.json").exists()
    assert "Not scored" in (tmp_path / "run" / "README.md").read_text(encoding="utf-8")


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"the folder is not empty: it holds dev.txt, train.txt; .* Choose another"):
        run(toy.settings(tmp_path), tmp_path)
    with pytest.raises(ConfigError, match=r"train.txt: is a file; a folder"):
        run(toy.settings(tmp_path), tmp_path / "train.txt")
    run(toy.settings(tmp_path, epochs=1), tmp_path / "run")
    with pytest.raises(ConfigError, match=r"not empty: it holds a training; .* or add --resume to go on"):
        run(toy.settings(tmp_path), tmp_path / "run")


def test_resuming_what_was_never_started_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"run: no such folder; .* Leave out --resume"):
        run(toy.settings(tmp_path), tmp_path / "run", resume=True)
    with pytest.raises(CheckpointError, match=r"has no checkpoint to go on from, and it holds dev.txt, train.txt; "):
        run(toy.settings(tmp_path), tmp_path, resume=True)


def test_resuming_with_another_setting_names_it(tmp_path: Path) -> None:
    config = toy.settings(tmp_path, epochs=1)
    run(config, tmp_path / "run")
    with pytest.raises(
        ConfigError, match=r"--resume: model.width is 16; 8, as when the run in .* Set model.width back"
    ):
        run(replace(config, model=toy.ToyConfig(width=16)), tmp_path / "run", resume=True)
    with pytest.raises(ConfigError, match=r"--resume: train.ema is 0.5; 0.99"):
        run(replace(config, train=replace(config.train, ema=0.5)), tmp_path / "run", resume=True)
    with pytest.raises(
        ConfigError, match=r"--resume: train.schedule.kind is 'constant'; 'linear', .* Set train.schedule.kind back"
    ):
        run(replace(config, train=replace(config.train, schedule=schedules.Constant())), tmp_path / "run", resume=True)


def test_resuming_may_train_longer_and_from_moved_data(tmp_path: Path) -> None:
    config = toy.settings(tmp_path, epochs=1)
    run(config, tmp_path / "run")
    (tmp_path / "train.txt").rename(tmp_path / "moved.txt")
    moved = replace(
        config, data=replace(config.data, train=tmp_path / "moved.txt"), train=replace(config.train, epochs=2)
    )
    run(moved, tmp_path / "run", resume=True)
    assert read_checkpoint(tmp_path / "run").about["step"] == 6


def test_resuming_on_other_data_is_refused(tmp_path: Path) -> None:
    config = toy.settings(tmp_path, epochs=1)
    run(config, tmp_path / "run")
    words = (tmp_path / "train.txt").read_text(encoding="utf-8")
    (tmp_path / "train.txt").write_text(words[::-1], encoding="utf-8")
    with pytest.raises(ConfigError, match=r"train.txt: the training data encodes to other rows"):
        run(config, tmp_path / "run", resume=True)


def test_data_without_an_example_is_refused(tmp_path: Path) -> None:
    config = toy.settings(tmp_path)
    (tmp_path / "dev.txt").write_text("\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"dev.txt: no example with a gold answer"):
        run(config, tmp_path / "run")


def test_rows_are_checked_before_the_first_step(tmp_path: Path) -> None:
    class Wrong(toy.ToyCodec):
        def encode(self, example: Any) -> Row:
            row = super().encode(example)
            return replace(row, targets={"tags": row.targets["tags"] + 5 * (example.source.line == 7)})

    task = replace(toy.TASK, fit=lambda examples, config: Wrong("abc"))
    with pytest.raises(DataError, match=r"train.txt:7: 'tags' holds \d; ids in 0..1"):
        run_training(task, toy.settings(tmp_path), tmp_path / "run", device=CPU)


def test_a_loss_that_is_not_finite_stops_the_run_and_cites_its_sentences(tmp_path: Path) -> None:
    task = replace(toy.TASK, losses=lambda o, t: {"letters": o["logits"].sum() / 0, "vowels": o["logits"].sum()})
    with pytest.raises(ConfigError, match=r"^step 1 \(on .*train.txt:\d+, .*the loss 'letters' is -?(inf|nan)"):
        run_training(task, toy.settings(tmp_path), tmp_path / "run", device=CPU)


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *parts: bytes | memoryview | str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(spanloom.nn.storage, "atomic_write", refuse)


def test_a_full_disk_is_a_clear_error_and_the_checkpoint_before_survives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, output = toy.settings(tmp_path, checkpoint_every=1), tmp_path / "run"

    def fill(report: Report) -> None:
        if isinstance(report, StepReport) and report.step == 5:
            full_disk(monkeypatch)

    with pytest.raises(CheckpointError, match=r"could not be written: No space left on device; .* MB of writable disk"):
        run(config, output, at=fill)
    monkeypatch.undo()
    assert read_checkpoint(output).about["step"] == 4
    run(config, output, resume=True)
    run(config, tmp_path / "whole")
    assert toy.same_bits(state_of(output), state_of(tmp_path / "whole"))


@pytest.mark.parametrize("cut", [0, 5, 200, -1])
def test_a_truncated_checkpoint_is_a_clear_error_and_the_one_before_survives(tmp_path: Path, cut: int) -> None:
    config, output = toy.settings(tmp_path), tmp_path / "run"
    run(config, output)
    last = output / "checkpoint" / "last.safetensors"
    last.write_bytes(last.read_bytes()[:cut])
    with pytest.raises(
        CheckpointError, match=r"last.safetensors: is cut short or damaged .* move .*previous.safetensors"
    ):
        run(config, output, resume=True)
    (output / "checkpoint" / "previous.safetensors").replace(last)
    assert read_checkpoint(output).about["step"] == 3
    run(config, output, resume=True)
    assert read_checkpoint(output).about["step"] == 6


def test_a_changed_byte_is_found_by_the_hash(tmp_path: Path) -> None:
    run(toy.settings(tmp_path, epochs=1), tmp_path / "run")
    for path in (tmp_path / "run/checkpoint/last.safetensors", tmp_path / "run/model/weights.safetensors"):
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"last.safetensors: is damaged: its hash does not match"):
        read_checkpoint(tmp_path / "run")
    with pytest.raises(CheckpointError, match=r"weights.safetensors: is damaged: its hash does not match"):
        load_model(tmp_path / "run", toy.find_task)


def test_a_stop_between_the_renames_of_a_save_loses_nothing(tmp_path: Path) -> None:
    run(toy.settings(tmp_path), tmp_path / "run")
    (tmp_path / "run/checkpoint/last.safetensors").unlink()
    assert read_checkpoint(tmp_path / "run").about["step"] == 3


def test_a_model_folder_that_does_not_hold_together_is_refused(tmp_path: Path) -> None:
    run(toy.settings(tmp_path, epochs=1), tmp_path / "run")
    folder = tmp_path / "run" / "model"
    codec = (folder / "codec.json").read_text(encoding="utf-8")
    (folder / "codec.json").write_text(codec.replace("a", "ü"), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"codec.json: is not the codec that these weights were trained with"):
        load_model(folder, toy.find_task)
    (folder / "codec.json").write_text(codec, encoding="utf-8")
    other = replace(toy.TASK, load=lambda table, tokenizer: table["words"])
    with pytest.raises(CheckpointError, match=r"codec.json: is not a codec that this version.*\('words'\)"):
        load_model(folder, lambda name: other)
    about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    wider = about | {"architecture": about["architecture"] | {"width": 9}}
    (folder / "model.json").write_text(json.dumps(wider), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"weights.safetensors: does not fit the model: embed.weight"):
        load_model(folder, toy.find_task)
    (folder / "model.json").write_text(json.dumps(about | {"format": 9}), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"model.json: has format 9; format 1"):
        load_model(folder, toy.find_task)
    (folder / "model.json").write_text("{", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"model.json: is damaged: Expecting"):
        load_model(folder, toy.find_task)
    with pytest.raises(CheckpointError, match=r"model.json: no such file"):
        load_model(tmp_path, toy.find_task)


def test_the_settings_of_the_process_are_put_back(tmp_path: Path) -> None:
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    run(toy.settings(tmp_path, epochs=1, threads=2), tmp_path / "run")
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before


class LateEmbedding(toy.ToyModel):
    """Trains its embedding from the second epoch on."""

    def begin_epoch(self, epoch: int) -> None:
        self.embed.requires_grad_(epoch > 1)


@pytest.mark.parametrize("stop", [1, 3, 4])
def test_a_part_that_joins_later_does_so_after_a_stop_too(tmp_path: Path, stop: int) -> None:
    models: list[LateEmbedding] = []
    embeddings: list[Tensor] = []

    def build(config: toy.ToyConfig, codec: toy.ToyCodec, architecture: Any = None) -> LateEmbedding:
        models.append(LateEmbedding(len(codec.letters) + 2, config.width, config.dropout))
        return models[-1]

    def note(report: Report) -> None:
        if isinstance(report, StepReport):
            embeddings.append(models[-1].embed.weight.detach().clone())

    config, task = toy.settings(tmp_path), replace(toy.TASK, build=build)
    run_training(task, config, tmp_path / "whole", on_report=note, device=CPU)
    first, *rest = embeddings
    assert [torch.equal(first, other) for other in rest] == [True, True, False, False, False]
    with pytest.raises(Interrupted):
        run_training(task, config, tmp_path / "parts", on_report=ctrl_c_at(stop), device=CPU)
    run_training(task, config, tmp_path / "parts", resume=True, device=CPU)
    assert toy.same_bits(state_of(tmp_path / "whole"), state_of(tmp_path / "parts"))
