"""Noise and windows in whole runs of every task: pure in seed, epoch and example, and nothing at all when off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from spanloom.answers import kind_of
from spanloom.answers.graph import Graph
from spanloom.answers.tags import Tags
from spanloom.config import AugmentConfig, RunConfig, load_config
from spanloom.contracts import Task
from spanloom.core import Row
from spanloom.engine.checkpoint import read_checkpoint
from spanloom.engine.encoded import Prepared, rows_of
from spanloom.engine.report import Notice, Report
from spanloom.engine.run import Interrupted, prepare, run_training
from spanloom.inputs import Image
from spanloom.tasks import FOLDER, find_task, task_names
from tests.engine.interrupt import ctrl_c_at
from tests.engine.toy import same_bits

CPU = torch.device("cpu")
FOLLOWED = [
    name
    for name in task_names()
    if find_task(name).input is not Image and kind_of(find_task(name).answer()).noise is not None
]
NOISE = AugmentConfig(token_dropout=0.3, swaps=0.3, character_noise=0.3, keep_original=0.25)


@pytest.fixture(autouse=True)
def without_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing them takes longer than these trainings, and is tested elsewhere."""
    monkeypatch.setattr("spanloom.engine.run.draw_plots", lambda metrics, folder: None)


def tiny(name: str, **augment: Any) -> tuple[Task, RunConfig]:
    """A task and two epochs of three updates each on its own sample."""
    config = load_config(FOLDER / name / "tiny.toml", [], lambda task: find_task(task).config)
    assert config.data.train is not None
    count = len(list(find_task(name).read(config.data.train, config.data)))
    few = {"epochs": 2, "batch_size": -(-count // 6), "batch_tokens": 10**6, "accumulate": 2, "threads": 1}
    return find_task(name), replace(config, train=replace(config.train, **few, augment=AugmentConfig(**augment)))


def encoded(name: str, augment: AugmentConfig) -> Prepared:
    """A task's own sample as it is, and trained on with noise from here on."""
    task, config = tiny(name)
    found = prepare(task, config, lambda report: None)
    return replace(found, config=replace(config, train=replace(config.train, augment=augment)))


def arrays(row: Row) -> dict[str, Any]:
    return {name: array.tolist() for name, array in (row.inputs | row.targets).items()}


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_run_with_noise_goes_on_bit_for_bit_wherever_it_was_stopped(name: str, tmp_path: Path) -> None:
    task, config = tiny(name)
    config = replace(config, train=replace(config.train, augment=NOISE))
    run_training(task, config, tmp_path / "whole", device=CPU)
    with pytest.raises(Interrupted, match="Stopped at step 2"):
        run_training(task, config, tmp_path / "parts", on_report=ctrl_c_at(2), device=CPU)
    torch.manual_seed(99)  # whatever happens in between does not matter
    run_training(task, config, tmp_path / "parts", resume=True, device=CPU)
    whole, parts = (read_checkpoint(tmp_path / part) for part in ("whole", "parts"))
    assert whole.about["step"] == parts.about["step"] == 6
    assert same_bits(whole.tensors, parts.tensors)


def test_a_run_without_any_noise_is_a_plain_one(tmp_path: Path) -> None:
    """Be it that nothing is changed or that every sentence is kept; with noise it is another one."""
    task, config = tiny("joint")
    runs = {
        "plain": AugmentConfig(),
        "nothing": AugmentConfig(keep_original=0.0),
        "kept": replace(NOISE, keep_original=1.0),
        "noise": NOISE,
    }
    for name, augment in runs.items():
        settings = replace(config.train, epochs=1, augment=augment)
        run_training(task, replace(config, train=settings), tmp_path / name, device=CPU)
    plain, *others = (read_checkpoint(tmp_path / name).tensors for name in runs)
    assert [same_bits(plain, other) for other in others] == [True, True, False]


@pytest.mark.parametrize("name", FOLLOWED)
def test_noise_depends_on_seed_epoch_and_example_and_on_nothing_else(name: str) -> None:
    prepared = encoded(name, replace(NOISE, keep_original=0.0))
    data = prepared.data
    everything = np.arange(len(data.rows))

    def rows(indices: Any = everything, epoch: int = 1, seed: int = 0) -> list[dict[str, Any]]:
        seeded = replace(prepared, config=replace(prepared.config, seed=seed))
        return [arrays(row) for row in rows_of(seeded, indices, epoch)]

    first = rows()
    assert rows() == first
    assert rows(everything[::-1]) == first[::-1]
    assert rows(everything[3:5]) == first[3:5]
    for other in (rows(epoch=2), rows(seed=1), [arrays(row) for row in data.rows]):
        assert sum(one != another for one, another in zip(first, other, strict=True)) > len(first) / 2


def test_so_many_sentences_of_an_epoch_stay_as_they_are() -> None:
    prepared = encoded("joint", AugmentConfig(token_dropout=0.5, keep_original=0.75))
    data = prepared.data
    everything = np.arange(len(data.rows))
    kept = [
        row is before
        for epoch in range(40)
        for row, before in zip(rows_of(prepared, everything, epoch), data.rows, strict=True)
    ]
    assert np.mean(kept) == pytest.approx(0.75, abs=4 * (0.75 * 0.25 / len(kept)) ** 0.5)


@pytest.mark.parametrize("name", [name for name in task_names() if find_task(name).answer in (Graph, Tags)])
def test_long_examples_are_trained_on_in_windows_and_dev_stays_as_it_was(name: str) -> None:
    task, config = tiny(name, windows=True)
    config = replace(config, model=replace(config.model, max_words=6))
    reports: list[Report] = []
    found = prepare(task, config, reports.append)
    whole = prepare(task, replace(config, train=replace(config.train, augment=AugmentConfig())), lambda report: None)
    data, plain = found.data, whole.data
    assert found.codec.to_dict() == whole.codec.to_dict()
    assert found.dev is not None
    assert whole.dev is not None
    assert list(map(arrays, found.dev.rows)) == list(map(arrays, whole.dev.rows))
    assert max(row.width for row in data.rows) <= 6
    read = {(example.source, token.start) for example in data.examples for token in example.input.tokens}
    assert read == {(example.source, token.start) for example in plain.examples for token in example.input.tokens}
    longer = [len(example.input.tokens) > 6 for example in plain.examples]
    windows = len(data.examples) - longer.count(False)
    said = f"{sum(longer)} training examples of more than 6 words are read through {windows} windows."
    assert Notice(said) in reports
    assert not any(fact.cause == "truncated" for row in data.rows for fact in row.lost)
    assert any(fact.cause == "truncated" for row in plain.rows for fact in row.lost)
