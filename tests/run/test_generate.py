from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spanloom.config import load_config
from spanloom.decode.sampling import Sampling
from spanloom.engine.run import run_training
from spanloom.errors import ConfigError
from spanloom.export.bundle import export
from spanloom.predict.predictor import load
from spanloom.run.cli import main
from spanloom.run.generate import generate
from spanloom.tasks import FOLDER, find_task
from tests.language_model_runs import language_model_run

Folders = tuple[Path, Path]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """A run of a few steps, and its bundle."""
    folder = tmp_path_factory.mktemp("written")
    task = find_task("language_model")
    config = load_config(FOLDER / "language_model" / "tiny.toml", [], lambda name: find_task(name).config)
    config = replace(config, train=replace(config.train, epochs=3), model=replace(config.model, hidden=12))
    run_training(task, config, folder / "run")
    export(folder / "run", folder / "bundle", precision="fp32")
    return folder / "run", folder / "bundle"


@pytest.mark.parametrize(
    "sampling",
    [Sampling(40, 0.7, 0.9, 1), Sampling(40, seed=1), Sampling(12, beams=4), Sampling(12, beams=1)],
    ids=["nucleus", "plain", "beams", "greedy"],
)
def test_a_bundle_writes_what_the_run_does(folders: Folders, sampling: Sampling) -> None:
    pieces = [list(generate(load(folder), "Row the", sampling).pieces) for folder in folders]
    assert pieces[0] == pieces[1]
    assert len(pieces[0]) == 1 + sampling.length
    assert pieces[0][0] == "Row the"
    assert all(len(piece) == 1 for piece in pieces[0][1:])


def test_the_seed_decides_and_beams_find_what_is_no_less_likely(folders: Folders) -> None:
    predictor = load(folders[0])

    def written(sampling: Sampling) -> str:
        return "".join(generate(predictor, "Row", sampling).pieces)

    assert written(Sampling(30, seed=1)) == written(Sampling(30, seed=1)) != written(Sampling(30, seed=2))
    assert (
        written(Sampling(30, temperature=1e-7)) == written(Sampling(30, top_p=1e-9)) == written(Sampling(30, beams=1))
    )

    def bits(text: str) -> float:
        return sum(predictor(text).value.bits)

    assert bits(written(Sampling(8, beams=30))) <= bits(written(Sampling(8, beams=1))) + 1e-6


def test_reading_a_prefix_unit_by_unit_is_reading_it_at_once(folders: Folders) -> None:
    predictor = load(folders[1])
    compute = predictor.backend.forward
    tokens = np.array([[0, 3, 4, 5, 2]])
    state = np.zeros((1, predictor.codec.state), np.float32)  # type: ignore[attr-defined]
    lengths = np.array([5])
    whole = compute({"tokens": tokens, "following": tokens, "lengths": lengths, "state": state})
    for token in tokens[0]:
        one = np.array([[token]])
        found = compute({"tokens": one, "following": one, "lengths": np.array([1]), "state": state})
        state = found["state"]
    np.testing.assert_allclose(found["next"], whole["next"], atol=1e-5)
    np.testing.assert_allclose(state, whole["state"], atol=1e-5)


def test_an_empty_prefix_and_one_of_unknown_letters_will_do(folders: Folders) -> None:
    predictor = load(folders[1])
    for prefix in ("", " ", "7$"):
        assert len("".join(generate(predictor, prefix, Sampling(5)).pieces)) >= 5


def test_what_training_never_had_of_a_prefix_is_said(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", str(folders[1]), "--prefix", "Row 7$7\x1b", "--length", "3"]) == 0
    told = capsys.readouterr()
    assert told.err == "Never seen in training, so read as unknown and left out: '7', '$', '\\x1b'\n"
    assert told.out.startswith("Row ")
    assert main(["generate", str(folders[1]), "--prefix", "Row", "--length", "3"]) == 0
    assert capsys.readouterr().err == ""


def test_a_bundle_needs_no_torch_to_write(folders: Folders) -> None:
    program = (
        "import sys\nsys.modules['torch'] = None\nfrom spanloom.run.cli import main\n"
        f"sys.exit(main(['generate', {str(folders[1])!r}, '--prefix', 'Row', '--length', '9', '--seed', '3']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    wanted = "".join(generate(load(folders[0]), "Row", Sampling(9, seed=3)).pieces)
    assert (done.returncode, done.stdout, done.stderr) == (0, wanted + "\n", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--length", "0"], "--length: is 0; at least 1, at most 100000. Give --length 200, say."),
        (["--length", "9999999999"], "--length: is 9999999999; at least 1"),
        (["--temperature", "0"], "--temperature: is 0.0; at least 1e-09"),
        (["--temperature", "-1.5"], "--temperature: is -1.5"),
        (["--temperature", "inf"], "--temperature: is inf; at least 1e-09, at most 1000000000"),
        (["--temperature", "nan"], "--temperature: is nan"),
        (["--temperature", "1e-320"], "--temperature: is 1e-320"),
        (["--top-p", "0"], "--top-p: is 0.0; a part in 0..1, above 0. Give --top-p 1.0, say."),
        (["--top-p", "1.2"], "--top-p: is 1.2"),
        (["--top-p", "nan"], "--top-p: is nan"),
        (["--seed", "-1"], "--seed: is -1; at least 0"),
        (["--seed", "9223372036854775808"], "--seed: is 9223372036854775808; at least 0"),
        (["--beams", "-1"], "--beams: is -1; at least 0, at most 1000"),
        (["--beams", "1001"], "--beams: is 1001"),
        (["--prefix", "ab\udcff"], "--prefix: holds no character at place 3, but half of one"),
        (["--beams", "3", "--temperature", "0.7"], "generate: --temperature and --beams 3"),
    ],
)
def test_settings_out_of_range_are_named(
    folders: Folders, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", str(folders[1]), *options]) == 2
    assert message in capsys.readouterr().err


def test_a_model_of_another_task_cannot_write() -> None:
    with pytest.raises(
        ConfigError, match=r"default: is a model for the task 'joint'; one that writes, for language_model. Tr"
    ):
        generate(load(), "Row", Sampling(5))


def test_a_model_that_reads_backward_cannot_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    language_model_run(tmp_path / "run", "Row the boat.", direction="backward")
    assert main(["generate", str(tmp_path / "run"), "--prefix", "Row"]) == 2
    assert (
        "the model: reads texts from their end; a model that reads forward. Train one with" in capsys.readouterr().err
    )
