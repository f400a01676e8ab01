"""`--resume` goes on with the run that was stopped, or says what is not the same: dev data and threads too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import spanloom.engine.run
from spanloom.answers.label import Label
from spanloom.config import AugmentConfig, RunConfig
from spanloom.engine.checkpoint import read_checkpoint, save_checkpoint
from spanloom.engine.run import Interrupted, run_training
from spanloom.engine.state import begin
from spanloom.errors import ConfigError
from tests.engine import toy
from tests.engine.interrupt import ctrl_c_at

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spanloom.engine.run, "draw_plots", lambda lines, folder: [])


def stopped(folder: Path, **train: object) -> tuple[RunConfig, Path]:
    """A run that was stopped in its second epoch, after the first was scored."""
    config, output = toy.settings(folder, **train), folder / "run"
    with pytest.raises(Interrupted):
        run_training(toy.TASK, config, output, False, ctrl_c_at(4), CPU)
    return config, output


def resume(config: RunConfig, output: Path) -> None:
    run_training(toy.TASK, config, output, True, device=CPU)


@pytest.mark.parametrize(
    "change",
    [
        lambda words: words[1:],
        lambda words: words[::-1],
        lambda words: [*words, "loom"],
        lambda words: ["a", *words[1:]],
    ],
    ids=["one less", "another order", "one more", "one changed"],
)
def test_changed_dev_data_is_refused(tmp_path: Path, change: Callable[[list[str]], list[str]]) -> None:
    config, output = stopped(tmp_path)
    dev = tmp_path / "dev.txt"
    words = dev.read_text(encoding="utf-8").split()
    dev.write_text("\n".join(change(words)), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"dev\.txt: the dev data is not the same as when .* Put it back, or train"):
        resume(config, output)
    dev.write_text("\n".join(words), encoding="utf-8")
    resume(config, output)


def test_changed_dev_gold_is_refused(tmp_path: Path) -> None:
    """The rows of dev may be encoded without gold, which chooses the best weights all the same."""
    config, output = stopped(tmp_path)

    def misread(path: Path, data: object) -> object:
        for example in toy.read(path, config.data):
            yield replace(example, gold=(1, *example.gold[1:])) if path.name == "dev.txt" else example

    with pytest.raises(ConfigError, match=r"dev\.txt: the dev data is not the same"):
        run_training(replace(toy.TASK, read=misread), config, output, True, device=CPU)


def test_removed_or_added_dev_data_is_refused_and_moved_is_not(tmp_path: Path) -> None:
    config, output = stopped(tmp_path)
    without = replace(config, data=replace(config.data, dev=None))
    message = rf'^data\.dev: is not set, but dev data chose .* Set data\.dev = "{config.data.dev}", or train anew'
    with pytest.raises(ConfigError, match=message):
        resume(without, output)
    moved = (tmp_path / "dev.txt").rename(tmp_path / "moved.txt")
    resume(replace(config, data=replace(config.data, dev=moved)), output)
    (tmp_path / "other").mkdir()
    config, output = stopped(tmp_path / "other", dev=False)
    with pytest.raises(ConfigError, match=r"^data\.dev: is set, but the run was started without .* Leave it out, or"):
        resume(replace(config, data=replace(config.data, dev=moved)), output)


def test_another_number_of_threads_is_refused_however_it_comes_about(tmp_path: Path) -> None:
    config, output = stopped(tmp_path, threads=2)
    assert read_checkpoint(output).about["threads"] == 2
    one = replace(config, train=replace(config.train, threads=1))
    message = r"^--resume: the number of threads is 1; 2, as when the run in .* Set train\.threads = 2, or train anew"
    with pytest.raises(ConfigError, match=message):
        resume(one, output)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        resume(replace(config, train=replace(config.train, threads=0)), output)  # PyTorch's own choice, the same
    finally:
        torch.set_num_threads(before)


def test_with_noise_the_words_count_and_not_their_rows_alone(tmp_path: Path) -> None:
    """A letter that training does not know makes the same row as another, but noise makes other words of it."""
    task = replace(toy.TASK, answer=Label, fit=lambda examples, config: toy.ToyCodec("aeiou"))
    config = toy.settings(tmp_path, epochs=1)
    assert config.data.train is not None
    plain, noisy = config, replace(config, train=replace(config.train, augment=AugmentConfig(swaps=0.1)))
    for name, chosen in (("plain", plain), ("noisy", noisy)):
        prepared = spanloom.engine.run.prepare(task, chosen, lambda report: None)
        state = begin(task.build(chosen.model, prepared.codec, None), chosen.train)
        about = spanloom.engine.run.conditions(prepared, CPU)
        save_checkpoint(tmp_path / name, state, {**about, "architecture": None})
    words = config.data.train.read_text(encoding="utf-8").split()
    config.data.train.write_text("\n".join(word.replace("w", "v") for word in words), encoding="utf-8")
    run_training(task, plain, tmp_path / "plain", True, device=CPU)
    with pytest.raises(ConfigError, match=r"train\.txt: the training data encodes to other rows"):
        run_training(task, noisy, tmp_path / "noisy", True, device=CPU)
