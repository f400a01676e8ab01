"""What of the gold is not learned from, or not scored as it stands, is counted and said: by check, train, evaluate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from spanloom.config import RunConfig, load_config
from spanloom.engine import run as engine_run
from spanloom.engine.report import Notice, Report
from spanloom.engine.run import run_training
from spanloom.export.bundle import export
from spanloom.run.cli import main
from spanloom.run.evaluate import evaluate
from spanloom.tasks import FOLDER, find_task

TAGGED = "Mira B-PER\nleft O\nOslo B-LOC\n. O\n\nBo B-PER\nsaw O\nLima B-LOC\n. O\n\n"
LONG = "\n".join(["Ida B-PER", *["then O"] * 30, "Rome B-LOC", "Bo B-PER"]) + "\n\n"


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_run, "draw_plots", lambda lines, folder: [])


def settings(task: str, *overrides: str) -> RunConfig:
    tiny = ["train.epochs=1", "train.threads=1", *overrides]
    return load_config(FOLDER / task / "tiny.toml", tiny, lambda name: find_task(name).config)


def train(task: str, run: Path, *overrides: str) -> tuple[list[str], str]:
    """The notices of a training of one epoch, and its model card."""
    reports: list[Report] = []
    run_training(find_task(task), settings(task, *overrides), run, False, reports.append, torch.device("cpu"))
    notices = [report.text for report in reports if isinstance(report, Notice)]
    return notices, (run / "README.md").read_text(encoding="utf-8")


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def lines(*items: dict[str, Any]) -> str:
    return "".join(json.dumps(item) + "\n" for item in items)


def entities(text: str, *labels: str) -> dict[str, Any]:
    """A sentence of which the first words are entities, one a label."""
    starts = [0]
    for word in text.split():
        starts.append(starts[-1] + len(word) + 1)
    spans = [{"start": starts[at], "end": starts[at + 1] - 1, "label": label} for at, label in enumerate(labels)]
    return {"text": text, "entities": spans, "relations": []}


def request(text: str, intent: str | None) -> dict[str, Any]:
    return {"text": text} if intent is None else {"text": text, "label": intent}


# ---- examples without gold -------------------------------------------------------------------------------------------


def test_examples_without_gold_are_counted_in_both_parts(tmp_path: Path) -> None:
    data = write(tmp_path / "t.jsonl", lines(request("Good tea", "yes"), request("Bad", None), request("Poor", "no")))
    dev = write(tmp_path / "d.jsonl", lines(request("No idea", None), request("Fine tea", "yes"), request("Hm", None)))
    notices, card = train("classify", tmp_path / "run", f"data.train={data}", f"data.dev={dev}")
    said = [
        f"No gold answer in 1 of 3 training examples, which are not trained on; the first is at {data.name}:2.",
        f"No gold answer in 2 of 3 dev examples, which are not scored; the first is at {dev.name}:1.",
    ]
    for sentence in said:
        assert sentence in notices
        assert sentence in card


def test_checking_and_evaluating_refuse_them_with_their_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write(tmp_path / "t.jsonl", lines(request("Good tea", "yes"), request("Bad", None), request("Poor", None)))
    assert main(["check", str(data), "--task", "classify"]) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert f"{data.name}:2: no gold answer, as in 2 of 3 examples" in error


# ---- gold behind what the model reads --------------------------------------------------------------------------------


def test_gold_that_is_cut_off_is_said_with_its_cause(tmp_path: Path) -> None:
    data = write(tmp_path / "t.conll", TAGGED + LONG)
    common = f"data.train={data}", f"data.dev={data}", "model.max_words=20"
    notices, card = train("tag", tmp_path / "run", *common)
    found = "Longer than the model reads at once (model.max_words = 20): 1 of 3 {} examples, the first at {}:11."
    (training,) = [notice for notice in notices if notice.startswith(found.format("training", data.name))]
    assert "Cut off there and not learned: 13 words and 2 gold facts." in training
    assert training.endswith("Set train.augment.windows = true to read them in windows.")
    (dev,) = [notice for notice in notices if notice.startswith(found.format("dev", data.name))]
    assert "without 13 words and 2 gold facts, which count as missed; 'spanloom evaluate' reads such texts" in dev
    assert training in card
    assert "2 facts of the training data were not learned: 2 truncated." in card
    assert "up to 20 words at once (model.max_words), and longer examples no farther: the rest was cut off" in card
    assert "the longest had 33 words" in card
    assert "tokens or pieces" not in card
    notices, card = train("tag", tmp_path / "windows", *common, "train.augment.windows=true")
    assert not any(notice.startswith(found.format("training", data.name)) for notice in notices)
    assert "and longer examples in windows; the longest had 33 words" in card
    assert "truncated" not in card


@pytest.mark.parametrize("task", ["joint", "nested"])
def test_every_task_of_spans_says_so(task: str, tmp_path: Path) -> None:
    text = "Mira met Bo in Oslo long before the two of them went on to Rome ."
    item = entities(text, "PER", "X") | {"relations": [{"head": 0, "tail": 1, "label": "by"}]}
    item["entities"].append({"start": text.index("Rome"), "end": text.index("Rome") + 4, "label": "X"})
    data = write(tmp_path / "t.jsonl", lines(item, item | {"text": text.replace("Mira", "Nora")}))
    notices, _ = train(task, tmp_path / "run", f"data.train={data}", "data.dev=", "model.max_words=8")
    (said,) = [notice for notice in notices if "onger than the model reads" in notice]
    assert ": 2 of 2 training examples, the first at" in said
    assert "Cut off there and not learned: 16 words and 2 gold facts." in said
    assert "train.augment.windows = true" in said


def test_a_task_that_answers_for_whole_texts_names_its_limit(tmp_path: Path) -> None:
    data = write(tmp_path / "t.jsonl", lines(request("one two three four", "yes"), request("five", "no")))
    notices, card = train("classify", tmp_path / "run", f"data.train={data}", f"data.dev={data}", "model.max_words=3")
    (said,) = [notice for notice in notices if ": 1 of 2 training examples, the first at" in notice]
    assert "Cut off there and not learned: 1 word. " in said
    assert said.endswith("Raise model.max_words as far as the encoder reads.")
    assert "train.augment.windows" not in said
    assert said in card


def test_nothing_is_said_where_nothing_is_cut(tmp_path: Path) -> None:
    data, dev = write(tmp_path / "t.conll", TAGGED), write(tmp_path / "d.conll", TAGGED.replace("Oslo", "Paris"))
    write(dev, "Ada B-PER\nsaw O\nRome B-LOC\n\n")
    notices, card = train("tag", tmp_path / "run", f"data.train={data}", f"data.dev={dev}")
    assert notices == ["Trained; calibrating on dev, drawing plots, writing the model card."]
    assert "The longest training example had 4 tokens or pieces" in card


# ---- labels that training never had ----------------------------------------------------------------------------------

UNKNOWN = {
    "tag": (TAGGED, "Ada B-PER\nsaw O\nit B-SHIP\n\nthe O\nTern B-SHIP\n\n", "label 'SHIP' (2)", 3),
    "nested": (TAGGED, "Ada B-PER\nsaw O\nit B-SHIP\n\nthe O\nTern B-SHIP\n\n", "entity label 'SHIP' (2)", 3),
}


@pytest.mark.parametrize("task", UNKNOWN)
def test_unknown_labels_are_missed_and_said(task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training, other, named, facts = UNKNOWN[task]
    data, dev = write(tmp_path / "t.conll", training), write(tmp_path / "d.conll", other)
    notices, card = train(task, tmp_path / "run", f"data.train={data}", f"data.dev={dev}")
    said = f"Counted as missed, for a label that training never had: 2 facts of the dev data: {named}."
    assert [notice.startswith(said) for notice in notices].count(True) == 1
    assert said in card
    scorecard = evaluate(tmp_path / "run", dev)
    assert scorecard["unknown"]["facts"] == 2
    assert scorecard["overall"]["strict" if task == "tag" else scorecard["rule"]]["gold"] == facts
    assert main(["evaluate", str(tmp_path / "run"), str(dev), "--json"]) == 0
    assert said.replace("the dev data", "this data") in " ".join(capsys.readouterr().err.split())
    assert main(["evaluate", str(tmp_path / "run"), str(dev), "data.unknown_labels=error"]) == 2
    assert "'SHIP'; one that the model was trained on (LOC, PER)" in " ".join(capsys.readouterr().err.split())


def test_unknown_labels_are_an_error_of_dev_data_where_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, dev = write(tmp_path / "t.conll", TAGGED), write(tmp_path / "d.conll", UNKNOWN["tag"][1])
    overrides = [f"data.train={data}", f"data.dev={dev}", "data.unknown_labels=error"]
    tiny = str(FOLDER / "tag" / "tiny.toml")
    assert main(["train", tiny, *overrides, "--output", str(tmp_path / "run")]) == 2
    assert f"{dev.name}:1: unknown label 'SHIP'" in " ".join(capsys.readouterr().err.split())


# ---- texts that stand in both parts ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[str]]:
    """A run whose dev data has one of its training texts, spaced and spelled otherwise."""
    folder = tmp_path_factory.mktemp("leaking")
    data = write(folder / "t.jsonl", lines(request("Good tea today", "yes"), request("Bad tea", "no")))
    dev = write(folder / "d.jsonl", lines(request("Fine tea", "yes"), request("GOOD  tea today ", "no")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_run, "draw_plots", lambda lines, folder: [])
        notices, _ = train("classify", folder / "run", f"data.train={data}", f"data.dev={dev}")
    return folder / "run", dev, notices


def test_leaks_are_said_while_training(leaking: tuple[Path, Path, list[str]]) -> None:
    run, dev, notices = leaking
    (said,) = [notice for notice in notices if "In the training data too" in notice]
    assert said.startswith(f"In the training data too: 1 of 2 dev texts, the first at {dev.name}:2.")
    assert said in (run / "README.md").read_text(encoding="utf-8")


def test_evaluating_and_comparing_say_so_too(
    leaking: tuple[Path, Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, dev, _ = leaking
    assert main(["evaluate", str(run), str(dev), "--report", str(tmp_path / "report"), "--json"]) == 0
    captured = capsys.readouterr()
    said = f"Stood in the training data: 1 of 2 texts, the first at {dev}:2. Expect less of new texts."
    assert said in captured.err
    assert json.loads(captured.out)["leaked"] == {"count": 1, "of": 2, "first": [f"{dev}:2"]}
    assert main(["compare", str(tmp_path / "report"), str(tmp_path / "report")]) == 0
    told = capsys.readouterr().err
    assert f"A: {said}" in told
    assert f"B: {said}" in told


def test_a_scorecard_that_says_it_otherwise_is_refused(
    leaking: tuple[Path, Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, dev, _ = leaking
    scorecard = evaluate(run, dev, tmp_path / "report") | {"leaked": {"count": "all"}}
    write(tmp_path / "report" / "scorecard.json", json.dumps(scorecard))
    assert main(["compare", str(tmp_path / "report"), str(tmp_path / "report")]) == 2
    assert "'unknown' or 'leaked' is damaged" in " ".join(capsys.readouterr().err.split())


def test_a_bundle_holds_nothing_to_tell_training_texts_by(
    leaking: tuple[Path, Path, list[str]], tmp_path: Path
) -> None:
    run, dev, _ = leaking
    assert (run / "training_texts.bin").is_file()
    export(run, tmp_path / "bundle", max_drop=100)
    assert not (tmp_path / "bundle" / "training_texts.bin").exists()
    assert evaluate(tmp_path / "bundle", dev)["leaked"] is None


def test_damaged_checksums_are_said_to_be_so(
    leaking: tuple[Path, Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    run, dev, _ = leaking
    file = run / "training_texts.bin"
    whole = file.read_bytes()
    try:
        for damaged in (whole[:-3], b"", b"something else"):
            file.write_bytes(damaged)
            assert main(["evaluate", str(run), str(dev)]) == 2
            assert "training_texts.bin: is damaged" in " ".join(capsys.readouterr().err.split())
        file.unlink()
        assert evaluate(run, dev)["leaked"] is None
    finally:
        file.write_bytes(whole)


def test_of_a_language_model_lines_are_compared(tmp_path: Path) -> None:
    line = "Every morning the heron waited by the old mill."
    data = write(tmp_path / "t.txt", f"{line}\nNobody else was awake at that hour, and it was cold.\n")
    dev = write(tmp_path / "d.txt", f"A line that is here alone, and nowhere else.\n{line.upper()}\nshort\n")
    notices, _ = train(
        "language_model", tmp_path / "run", f"data.train={data}", f"data.dev={dev}", "train.batch_size=1"
    )
    (said,) = [notice for notice in notices if "In the training data too" in notice]
    assert said.startswith(f"In the training data too: 1 of 2 dev texts, the first at {dev.name}:2.")
    assert evaluate(tmp_path / "run", dev)["leaked"]["count"] == 1


# ---- check, for every task -------------------------------------------------------------------------------------------

NAMES = {
    task: ("dev line that is in train" if task == "language_model" else "dev examples that are in train")
    for task in ("classify", "intent_slot", "joint", "language_model", "nested", "relation", "rewrite", "tag")
}


@pytest.mark.parametrize("task", NAMES)
def test_check_reads_the_dev_data_of_every_task(task: str, capsys: pytest.CaptureFixture[str]) -> None:
    sample = settings(task).data.train
    command = ["check", str(sample), "--task", task, f"data.dev={sample}"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    issues = found["gold"]["issues"] if "audit" in found else found["issues"]
    assert NAMES[task] in issues
    alone = json.loads(_checked(["check", str(sample), "--task", task, "--json"], capsys))
    if "audit" in found:
        del alone["estimate"]
        assert found["dev"] == alone
    else:
        assert {name for name in issues if name.startswith("dev: ")} == {f"dev: {name}" for name in alone["issues"]}
    shown = _checked(command, capsys)
    assert "train" in shown


def _checked(command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(command) == 0
    return capsys.readouterr().out


def test_checking_a_joint_dev_part_finds_what_only_it_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = entities("Mira runs Oslo .", "PER", "JOB")
    data = write(tmp_path / "t.jsonl", lines(first, entities("Bo saw Rome .", "PER")))
    again = entities("Ida saw it .", "PER"), entities("Ida saw it .", "SHIP")
    dev = write(tmp_path / "d.jsonl", lines(*again, first))
    command = ["check", str(data), "--task", "joint", f"data.dev={dev}", "model.max_words=3", "--json"]
    found = json.loads(_checked(command, capsys))
    issues, of_dev = found["gold"]["issues"], found["dev"]["gold"]["issues"]
    assert issues["dev labels never seen in train"]["first"] == [f"{dev}:2: entity label 'SHIP'"]
    assert issues["dev examples that are in train"]["first"] == [f"{dev}:3: the input of {data}:1 in train"]
    assert "contradictory examples" not in issues
    assert of_dev["contradictory examples"]["count"] == 1
    assert found["dev"]["windows"]["examples"] == 3
    shown = " ".join(_checked(command[:-1], capsys).split())
    assert "Gold of the dev data" in shown
    assert "Worth a look in the dev data" in shown
    assert "Examples of more than 3 words in the dev data: 3" in shown


def test_cut_gold_is_in_the_check_of_slots_and_tags(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write(tmp_path / "t.conll", TAGGED + LONG)
    command = ["check", str(data), "--task", "tag", f"data.dev={data}", "model.max_words=20", "--json"]
    found = json.loads(_checked(command, capsys))
    assert found["windows"]["facts"] == 2
    (case,) = found["issues"]["dev: more than 20 tokens, cut off there"]["first"]
    assert case.startswith(f"{data}:11: 33 tokens, 2 gold facts behind: Ida then")
