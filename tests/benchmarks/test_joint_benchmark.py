"""What `benchmarks/joint.py` starts, keeps and skips."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from pathlib import Path
from typing import Any

import joint
import pytest
import rows
import training
import transfer
import turns


def row(name: str) -> rows.BenchmarkRow:
    return next(row for row in rows.ROWS if row.name == name)


def test_every_row_has_its_configuration_and_every_configuration_its_row(repository: Path) -> None:
    every = {row.name for row in rows.ALL_ROWS if not row.peer}
    measured_elsewhere = {"timemachine", "timemachine-held-out"}  # by language_model.py, in turns with its peers
    measured_elsewhere |= {file.stem for file in (repository / "configs").glob("box*.toml")}  # by box.py
    read = {row.data for row in rows.ALL_ROWS if row.language_models} | transfer.SETS.keys()
    measured_elsewhere |= {f"{name}-language-model" for name in read}
    assert {file.stem for file in (repository / "configs").glob("*.toml")} == every | measured_elsewhere
    for name in (row.name for row in rows.ROWS if not row.peer):
        settings = training.configuration(row(name))
        encoders = {"rnn": "rnn", "e5": "multilingual-e5"}
        assert settings["model"]["encoder"]["kind"] == encoders.get(name.rpartition("-")[2], "minilm")
        assert settings["model"]["scheme"] == ("tagging" if name.endswith("tagging") else "table")
        assert str(repository) not in json.dumps(settings)


def test_the_tagging_row_differs_from_its_neighbour_in_the_scheme_alone() -> None:
    table, tagging = (training.configuration(row(f"nyt-{name}")) for name in ("minilm", "tagging"))
    table["model"]["scheme"] = "tagging"
    assert table == tagging


def test_every_row_and_its_command_stand_in_the_readme(repository: Path) -> None:
    text = (repository / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for name in (row.name for row in rows.ROWS):
        assert f"`python benchmarks/joint.py --data DIR --rows {name}" in text


def test_the_command_that_is_kept_names_no_folder_of_this_machine(repository: Path) -> None:
    assert training.shown(row("webnlg-rnn"), 2, 1) == (
        "spanloom train configs/webnlg-rnn.toml data.train=DIR/webnlg/train.json data.dev=DIR/webnlg/dev.json "
        "model.encoder.vectors=GLOVE seed=2 train.threads=1 --output runs/webnlg-rnn"
    )
    [resume] = [row for row in rows.TAG_ROWS if row.language_models]
    assert "model.encoder.path=runs/forward model.encoder.backward_path=runs/backward" in training.shown(resume, 0, 1)
    for name, encoder in (("conll04-spert", "minilm"), ("conll04-spert-e5", "multilingual-e5")):
        assert training.shown(row(name), 0, 1) == (
            f"python benchmarks/peers/spert.py --data DIR --encoder {encoder} --seed 0 --threads 1 --output runs/{name}"
        )


def run_folder(folder: Path) -> Path:
    score = dict.fromkeys(("precision", "recall", "f1"), 0.5) | {"interval": [0.4, 0.6], "tp": 1, "predicted": 2}
    card = {
        "rule": "strict",
        "entities": {"strict": {**score, "gold": 2}},
        "triples": {"strict": {**score, "gold": 3, "f1": 0.25}},
        "breakdown": {"seen in training": {"pair not seen": {"f1": 0.125}}},
    }
    lines: list[dict[str, Any]] = []
    for epoch, best in ((1, True), (2, True), (3, False)):
        numbers = {"step": epoch, "losses": {}, "learning_rate": 1.0, "gradient_norm": 1.0}
        lines += [{"kind": "step", "epoch": epoch, "seconds": 1.5, **numbers}] * 2
        lines.append({"kind": "epoch", "step": epoch, "epoch": epoch, "best": best, "seconds": 4.0, "scorecard": {}})
    folder.mkdir(parents=True)
    (folder / "scorecard.json").write_text(json.dumps(card), encoding="utf-8")
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder


def test_a_record_holds_the_scores_the_epoch_that_was_kept_and_three_times(tmp_path: Path) -> None:
    found = training.record(row("conll04-minilm"), 1, 2, run_folder(tmp_path / "run"), 20.0)
    assert found["scores"]["relation"]["f1"] == 0.25
    assert found["scores"]["entity"]["gold"] == 2
    assert found["relation_by_pair"] == {"pair not seen": {"f1": 0.125}}
    assert (found["best_epoch"], found["epochs"]) == (2, 3)
    assert found["seconds"] == {"training": 9.0, "with_dev_scoring": 12.0, "whole_command": 20.0}
    assert (found["seed"], found["threads"], found["rule"]) == (1, 2, "strict")


def test_what_has_its_result_is_skipped_unless_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results"
    for seed in (0, 1):
        kept = training.record(row("nyt-minilm"), seed, 2, run_folder(tmp_path / f"run-{seed}"), 20.0)
        training.store(rows.result_file(results, "nyt-minilm", seed), kept)
    trained: list[int] = []

    def fake(row: rows.BenchmarkRow, seed: int, options: object) -> dict[str, Any]:
        trained.append(seed)
        return training.record(row, seed, 2, tmp_path / "run-0", 30.0)

    monkeypatch.setattr(training, "train_row", fake)
    common = ["--data", str(tmp_path), "--rows", "nyt-minilm", "--results", str(results)]
    joint.main([*common, "--seeds", "0,1,2"])
    assert trained == [2]
    assert "| 25.0 (25.0–25.0) |" in capsys.readouterr().out  # noqa: RUF001
    joint.main([*common, "--seeds", "1", "--again"])
    assert trained == [2, 1]
    joint.main(["--table", "--results", str(results)])
    assert trained == [2, 1]


def test_the_settings_kept_are_those_that_training_began_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configs = tmp_path / "configs"
    configs.mkdir()
    text = (training.CONFIGS / "nyt-minilm.toml").read_text(encoding="utf-8")
    (configs / "nyt-minilm.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(training, "CONFIGS", configs)
    began_with = training.configuration(row("nyt-minilm"))

    def train(*_: object, **__: object) -> None:
        run_folder(tmp_path / "nyt-minilm" / "seed-0")
        (configs / "nyt-minilm.toml").write_text(text.replace("epochs = ", "epochs = 99"), encoding="utf-8")

    monkeypatch.setattr(training, "surroundings", dict)  # asks git, by the same `subprocess.run`
    monkeypatch.setattr(training.subprocess, "run", train)
    options = Namespace(runs=tmp_path, threads=1, data=tmp_path, vectors=tmp_path / "none")
    assert training.train_row(row("nyt-minilm"), 0, options)["settings"] == began_with
    assert training.configuration(row("nyt-minilm")) != began_with


@pytest.mark.parametrize(("there", "goes_on"), [("checkpoint", True), ("README.md", False), ("config.toml", False)])
def test_a_training_that_was_interrupted_goes_on(
    there: str, goes_on: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, begun = tmp_path / "nyt-minilm" / "seed-0", []
    (run / "checkpoint").mkdir(parents=True)
    (run / there).touch() if there != "checkpoint" else None
    if there == "config.toml":
        (run / "checkpoint").rmdir()

    def train(command: list[str], **_: object) -> None:
        begun.append((command[-1] == "--resume", run.exists()))
        shutil.rmtree(run, ignore_errors=True)
        run_folder(run)

    monkeypatch.setattr(training, "surroundings", dict)
    monkeypatch.setattr(training.subprocess, "run", train)
    training.train_row(row("nyt-minilm"), 0, Namespace(runs=tmp_path, threads=1, data=tmp_path, vectors=tmp_path))
    assert begun == [(goes_on, goes_on)]


def test_a_peer_that_was_interrupted_goes_on_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, begun = tmp_path / "conll04-spert-e5" / "seed-0", []
    run.mkdir(parents=True)
    (run / "checkpoint.safetensors").touch()

    def train(command: list[str], **_: object) -> None:
        begun.append(("--resume" in command, (run / "checkpoint.safetensors").exists()))
        shutil.rmtree(run)
        run_folder(run)

    monkeypatch.setattr(training, "surroundings", dict)
    monkeypatch.setattr(training.subprocess, "run", train)
    training.train_row(row("conll04-spert-e5"), 0, Namespace(runs=tmp_path, threads=1, data=tmp_path, vectors=tmp_path))
    assert begun == [(False, True)]


def test_results_of_other_settings_are_pointed_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = training.record(row("nyt-minilm"), 0, 2, run_folder(tmp_path / "run"), 20.0)
    kept["settings"]["train"]["epochs"] = 999
    training.store(rows.result_file(tmp_path, "nyt-minilm", 0), kept)
    joint.main(["--data", str(tmp_path), "--rows", "nyt-minilm", "--seeds", "0", "--results", str(tmp_path)])
    assert "other settings than configs/nyt-minilm.toml" in capsys.readouterr().out


def test_a_row_that_needs_vectors_says_how_to_make_them(tmp_path: Path) -> None:
    common = ["--data", str(tmp_path), "--results", str(tmp_path), "--runs", str(tmp_path)]
    with pytest.raises(
        SystemExit, match=r"glove-50\.safetensors: no such file\. Make it with: python benchmarks/glove"
    ):
        joint.main([*common, "--rows", "conll04-rnn"])


def test_an_unknown_row_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        joint.main(["--data", "DIR", "--rows", "nyt-minilmm"])
    assert "no row 'nyt-minilmm'" in capsys.readouterr().err


@pytest.mark.slow(reason="trains a small model in a process of its own")
def test_a_row_is_trained_and_kept(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = repository / "src" / "spanloom" / "tasks" / "joint"
    (tmp_path / "data" / "conll04").mkdir(parents=True)
    for part in ("train", "dev"):
        shutil.copyfile(task / "sample.jsonl", tmp_path / "data" / "conll04" / f"{part}.txt")
    settings = (task / "tiny.toml").read_text(encoding="utf-8").replace("epochs = 60", "epochs = 3")
    (tmp_path / "conll04-minilm.toml").write_text(settings, encoding="utf-8")
    monkeypatch.setattr(training, "CONFIGS", tmp_path)
    places = {"--data": "data", "--runs": "runs", "--results": "results"}
    options = [part for name, folder in places.items() for part in (name, str(tmp_path / folder))]
    joint.main([*options, "--rows", "conll04-minilm", "--seeds", "7", "--threads", "1"])
    kept = json.loads((tmp_path / "results" / "conll04-minilm" / "seed-7.json").read_text(encoding="utf-8"))
    assert (kept["epochs"], kept["seed"], kept["threads"]) == (3, 7, 1)
    assert 0 < kept["seconds"]["training"] < kept["seconds"]["with_dev_scoring"] < kept["seconds"]["whole_command"]
    assert kept["versions"]["torch"]
    assert "spanloom train" in kept["command"]
    assert (tmp_path / "runs" / "conll04-minilm" / "seed-7" / "model").is_dir()


def test_an_audit_is_kept_without_the_sentences_it_is_about() -> None:
    line = {"kind": "relation", "cause": "overlapping", "count": 3, "examples": [{"source": "a:1", "fact": "a text"}]}
    table = {"entities": {"f1": 1.0}, "relations": {"f1": 0.5}, "lost": [line], "spurious": []}
    kept = joint.without_examples(table)
    assert kept["lost"] == [{"kind": "relation", "cause": "overlapping", "count": 3}]
    assert "a text" not in json.dumps(kept)


def test_contestants_take_turns_and_the_first_round_is_left_out() -> None:
    order: list[str] = []

    def turn(name: str, seconds: list[float]) -> Any:
        def work() -> float:
            order.append(name)
            return seconds.pop(0)

        return work

    found = turns.alternate({"a": turn("a", [99, 1, 2, 3]), "b": turn("b", [99, 4, 4, 9])}, 3)
    assert order == ["a", "b"] * 4
    assert found == {"a": [1, 2, 3], "b": [4, 4, 9]}
    assert turns.ratio(found, "b", "a") == 3.0  # of 4, 2 and 3
