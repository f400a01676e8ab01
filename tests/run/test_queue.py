"""`spanloom queue` and `spanloom merge` from end to end, on sentences of which a small model understands nearly all."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers import kind_of
from spanloom.check.queue.listing import Wanted
from spanloom.config import to_toml
from spanloom.engine import folds as engine_folds
from spanloom.engine.run import run_training
from spanloom.errors import ConfigError, DataError
from spanloom.run.cli import main
from spanloom.run.queue import QueueOptions, queue
from spanloom.run.user_config import resolved
from spanloom.tasks import find_task, home_of, task_names
from spanloom.write.lines import write_lines
from tests.engine.interrupt import ctrl_c_at
from tests.towns import CONFIG, MISSING, WRONG, lines


@pytest.fixture(autouse=True)
def _without_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spanloom.engine.run.draw_plots", lambda metrics, folder: None)  # slow, and tested elsewhere


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("queue") / "data.jsonl"
    write_lines(path, lines())
    return path


@pytest.fixture(scope="module")
def made(data: Path) -> dict[str, Any]:
    """The queue of the data, made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spanloom.engine.run.draw_plots", lambda metrics, folder: None)
        return queue(data, data.with_name("q.jsonl"), CONFIG, options=QueueOptions(folds=2))


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_two_errors_come_first_and_say_why(made: Mapping[str, Any], data: Path) -> None:
    first, second = made["lines"][:2]
    assert {first["id"], second["id"]} == {f"s{WRONG}", f"s{MISSING}"}
    by_id = {line["id"]: line["findings"][0] for line in (first, second)}
    wrong, missing = by_id[f"s{WRONG}"], by_id[f"s{MISSING}"]
    assert (wrong["issue"], wrong["annotated"]["label"], wrong["believed"]["label"]) == ("suspect", "Person", "City")
    assert wrong["annotated"]["score"] < 0.5 < wrong["believed"]["score"]
    assert (missing["issue"], missing["annotated"], missing["believed"]["label"]) == ("missing", None, "City")
    assert set(wrong["similar"]) == {"City"}  # what the same city is elsewhere
    assert first["source"].startswith(f"{data}:")
    assert read(data.with_name("q.jsonl")) == made["lines"]
    assert made["reliability"]["entities"]["facts"] >= 78


def test_a_second_call_trains_nothing_and_says_the_same(
    made: Mapping[str, Any], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*arguments: Any) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(engine_folds, "run_training", never)
    again = queue(data, data.with_name("q.jsonl"), CONFIG, options=QueueOptions(folds=2))
    assert again == made


def test_what_judges_a_fold_was_not_trained_on_its_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heading = {"text": "Results", "entities": []}
    path, runs = tmp_path / "data.jsonl", tmp_path / "runs"
    every = list(lines())
    documents = [[heading, *every[start : start + 3]] for start in range(0, 30, 3)]
    write_lines(path, [{**line, "doc_id": str(name)} for name, own in enumerate(documents) for line in own])

    def stopped(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine_folds, "run_training", stopped)
    with pytest.raises(KeyboardInterrupt):
        queue(path, tmp_path / "q.jsonl", CONFIG, options=QueueOptions(folds=2, runs=runs))
    trained = read(runs / "round-1" / "fold-1" / "train.jsonl")
    assert len(trained) == 15  # five documents, without the heading that the others have as well
    assert "Results" not in {line["text"] for line in trained}


def test_folds_of_other_settings_and_of_other_data_are_refused(data: Path, tmp_path: Path, made: Any) -> None:
    runs = data.with_name("q.jsonl.folds")
    other = {**CONFIG, "seed": 4, "train": {**CONFIG["train"], "epochs": 3}}
    options = QueueOptions(folds=2, runs=runs)
    with pytest.raises(ConfigError, match=r"fold-1: holds a fold of other (data|settings)"):
        queue(data, tmp_path / "q.jsonl", other, options=options)
    changed = tmp_path / "changed.jsonl"
    write_lines(changed, [{**line, "entities": []} if line["id"] == "s1" else line for line in lines()])
    with pytest.raises(ConfigError, match=r"fold-1: holds a fold of other data"):
        queue(changed, tmp_path / "q.jsonl", CONFIG, options=options)


def test_a_stopped_run_goes_on_to_the_same_queue(data: Path, tmp_path: Path, made: Mapping[str, Any]) -> None:
    options = QueueOptions(folds=2, runs=tmp_path / "runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_folds, "run_training", lambda *given: run_training(*given[:4], ctrl_c_at(30)))
        with pytest.raises(KeyboardInterrupt, match=r"Stopped in .*fold-1\. The same command goes on"):
            queue(data, tmp_path / "q.jsonl", CONFIG, options=options)
    assert queue(data, tmp_path / "q.jsonl", CONFIG, options=options)["lines"] == made["lines"]


def test_a_budget_lists_no_two_texts_that_are_nearly_the_same(data: Path, made: Mapping[str, Any]) -> None:
    options = QueueOptions(folds=2, runs=runs_of(data), wanted=Wanted(budget=3, least=0.0))
    few = queue(data, data.with_name("few.jsonl"), CONFIG, options=options)
    assert few["texts"] == 3
    assert few["lines"][0]["id"] == made["lines"][0]["id"]
    starts = {line["text"].split(" left ")[0] for line in few["lines"]}
    assert len(starts) == 3


def runs_of(data: Path) -> Path:
    return data.with_name("q.jsonl.folds")


def test_unannotated_texts_come_behind_with_what_the_models_answer(tmp_path: Path) -> None:
    unannotated = [{"text": "At last Ada left Zug ."}, {"text": "Ulm left Bo behind it , and Cy ."}]
    path = tmp_path / "some.jsonl"
    write_lines(path, [*lines(), *unannotated])
    found = queue(path, tmp_path / "q.jsonl", CONFIG, options=QueueOptions(folds=2, wanted=Wanted(propose=True)))
    told = [line for line in found["lines"] if line["text"] in {line["text"] for line in unannotated}]
    assert [line["rank"] for line in told] == [len(found["lines"]) - 1, len(found["lines"])]
    assert {finding["issue"] for line in told for finding in line["findings"]} == {"unsure"}
    assert told[0]["score"] > told[1]["score"]
    ada = next(line for line in told if line["text"].startswith("At"))
    assert ("Person", "Ada") in {(entity["label"], entity["text"]) for entity in ada["entities"]}


def test_a_trained_model_judges_data_and_says_which_it_was_trained_on(data: Path, tmp_path: Path, made: Any) -> None:
    fold = runs_of(data) / "round-1" / "fold-1"
    found = queue(data, tmp_path / "q.jsonl", model=fold / "run")
    known = len((fold / "train.jsonl").read_text(encoding="utf-8").splitlines())
    (remark,) = found["remarks"]
    assert f": {known} of 40, the first at {data}:" in remark
    told = {line["text"] for line in read(fold / "train.jsonl")}
    errors = {line["id"] for line in lines() if line["id"] in (f"s{WRONG}", f"s{MISSING}") and line["text"] not in told}
    assert errors <= {line["id"] for line in found["lines"]}


def test_plain_texts_come_by_how_unsure_a_model_is_of_them(data: Path, tmp_path: Path, made: Any) -> None:
    (tmp_path / "texts.txt").write_text("Once Ada left Ulm .\n\nUlm Bo Graz Cy Oslo Di\n", encoding="utf-8")
    found = queue(tmp_path / "texts.txt", tmp_path / "q.jsonl", model=runs_of(data) / "round-1" / "fold-1" / "run")
    assert [line["source"].rpartition(":")[2] for line in found["lines"]] == ["3", "1"]
    assert found["lines"][0]["score"] > found["lines"][1]["score"]
    assert found["reliability"] == {}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, r"queue: neither --config nor --model; one of the two"),
        ({"config": CONFIG, "model": "run"}, r"queue: both --config and --model"),
        ({"config": CONFIG, "options": QueueOptions(folds=1)}, r"--folds: is 1; at least 2"),
        ({"config": CONFIG, "options": QueueOptions(wanted=Wanted(budget=0))}, r"--budget: is 0; at least 1"),
        ({"config": CONFIG, "options": QueueOptions(wanted=Wanted(least=1.5))}, r"--least: is 1\.5"),
        ({"config": {"task": "rewrite"}}, r"answers of the task 'rewrite' are one whole"),
        ({"config": {**CONFIG, "data": {"source": [{"train": "a.jsonl"}]}}}, r"data\.source: names several data sets"),
    ],
)
def test_what_cannot_be_asked_is_refused(arguments: dict[str, Any], expected: str, data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=expected):
        queue(data, tmp_path / "q.jsonl", **arguments)


def test_data_without_annotations_need_a_model(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    write_lines(path, [{"text": "Ada left Zug ."}])
    with pytest.raises(DataError, match=r"no example with a gold answer.*--model"):
        queue(path, tmp_path / "q.jsonl", CONFIG)


# ---- and back --------------------------------------------------------------------------------------------------------


def test_the_queue_is_reviewed_and_merged(
    data: Path, tmp_path: Path, made: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["queue", str(data), "--config", str(tmp_path / "c.toml"), "--output", str(tmp_path / "q.jsonl")]
    (tmp_path / "c.toml").write_text(to_toml(resolved(CONFIG)), encoding="utf-8")
    options = ["--folds", "2", "--runs", str(runs_of(data)), "--propose", "--budget", "2"]
    assert main([*arguments, *options]) == 0
    shown = capsys.readouterr()
    assert "suspect" in shown.out
    assert "points off on average" in shown.err
    reviewed = read(tmp_path / "q.jsonl")
    assert {line["id"] for line in reviewed} == {f"s{WRONG}", f"s{MISSING}"}
    unsigned = ["merge", str(data), str(tmp_path / "q.jsonl"), "-o", str(tmp_path / "none.jsonl"), "-t", "tag"]
    assert main(unsigned) == 2, "nobody has looked"
    assert "Give its queue with --queue, or --accept-untouched" in capsys.readouterr().err
    assert main([*unsigned, "--queue", str(tmp_path / "q.jsonl")]) == 0
    said = capsys.readouterr()
    assert "of 0 reviewed 0 changed" in said.out
    assert "Untouched: 2 texts that came back as they went, and nothing says that anybody looked" in said.err
    assert read(tmp_path / "none.jsonl.diff.jsonl") == []
    assert main([*unsigned, "--accept-untouched"]) == 0
    assert "of 2 reviewed 2 changed" in capsys.readouterr().out
    for line in reviewed:
        line["annotator"] = "kim"
    write_lines(tmp_path / "reviewed.jsonl", reviewed)
    merged = tmp_path / "merged.jsonl"
    again = ["merge", str(data), str(tmp_path / "reviewed.jsonl"), "--output", str(merged), "--task", "tag"]
    assert main([*again, "--queue", str(tmp_path / "q.jsonl")]) == 0
    assert "of 2 reviewed 2 changed, 0 confirmed, 0 in conflict" in capsys.readouterr().out
    before, after = read(data), read(merged)
    assert len(after) == 40
    assert [line["text"] for line in after] == [line["text"] for line in before]
    labels = {line["id"]: [token["label"] for token in line["tokens"] if token["label"] != "O"] for line in after}
    assert labels == {f"s{number}": ["B-Person", "B-City"] for number in range(40)}
    diff = read(tmp_path / "merged.jsonl.diff.jsonl")
    assert [line["who"] for line in diff] == ["kim", "kim"]
    wrong = next(line for line in diff if line["source"].endswith(f":{WRONG + 1}"))
    assert ([each["label"] for each in wrong["removed"]], [each["label"] for each in wrong["added"]]) == (
        ["Person"],
        ["City"],
    )


def test_a_merge_lists_its_conflicts(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = next(lines())
    both = [{**first, "entities": first["entities"][:1], "annotator": "kim"}, {**first, "annotator": "lee"}]
    write_lines(tmp_path / "reviewed.jsonl", [*both, {"text": "Elsewhere .", "entities": []}])
    arguments = ["merge", str(data), str(tmp_path / "reviewed.jsonl"), "-o", str(tmp_path / "m.jsonl"), "-t", "tag"]
    assert main(arguments) == 0
    said = capsys.readouterr()
    assert f"Conflict at {data}:1 (kim, lee): 2 people say different things of it; it stays as it was." in said.err
    assert "Not in the data: 1 reviewed text," in said.err
    assert "0 changed, 0 confirmed, 1 in conflict" in said.out


@pytest.mark.parametrize("name", task_names())
def test_a_merge_of_data_with_themselves_changes_nothing_or_says_why_it_cannot_be(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task, output = find_task(name), tmp_path / "merged.jsonl"
    (sample,) = (file for file in home_of(name).glob("sample.*") if file.suffix != ".md")
    code = main(["merge", str(sample), str(sample), "--output", str(output), "--task", name])
    said = capsys.readouterr()
    if kind_of(task.answer()).claims is None:
        assert (code, output.exists()) == (2, False)
        assert f"merge: answers of the task '{name}' are one whole" in said.err
    else:
        assert code == 0, said.err
        assert re.search(r"of ([0-9]+) reviewed 0 changed, \1 confirmed, 0 in conflict", said.out)


def test_a_merge_takes_a_queue_for_one_alone(data: Path, tmp_path: Path) -> None:
    arguments = ["merge", str(data), str(data), "-o", str(tmp_path / "m.jsonl"), "-t", "tag", "--queue", str(data)]
    assert main(arguments) == 2


def region(start: int, end: int, label: str) -> dict[str, Any]:
    return {"type": "labels", "value": {"start": start, "end": end, "labels": [label]}}


def annotation(who: str, *results: dict[str, Any]) -> dict[str, Any]:
    return {"completed_by": {"email": who}, "updated_at": "2026-11-28T09:00:00Z", "result": list(results)}


def test_what_each_annotator_of_a_tool_says_is_told_apart(data: Path, tmp_path: Path) -> None:
    first, second, third = list(lines())[:3]
    both = [{"start": 10, "end": 13, "label": "Person"}, {"start": 19, "end": 22, "label": "City"}]
    assert first["entities"] == both
    agreed = [region(10, 13, "Person")]
    tasks = [
        {
            "id": 1,
            "data": {"text": first["text"]},
            "annotations": [annotation("kim", *agreed), annotation("lee", *agreed)],
        },
        {
            "id": 2,
            "data": {"text": second["text"]},
            "annotations": [annotation("kim"), annotation("lee", region(7, 9, "City"))],
        },
        {"id": 3, "data": {"text": third["text"]}, "annotations": []},
    ]
    (tmp_path / "export.json").write_text(json.dumps(tasks), encoding="utf-8")
    merge = ["merge", str(data), str(tmp_path / "export.json"), "-o", str(tmp_path / "m.jsonl"), "-t", "tag"]
    assert main(merge) == 0
    changed, conflict = read(tmp_path / "m.jsonl.diff.jsonl")
    assert (changed["who"], changed["when"], len(changed["removed"])) == ("kim, lee", "2026-11-28T09:00:00Z", 1)
    assert (conflict["who"], conflict["conflict"]) == ("kim, lee", "2 people say different things of it")
    assert main([*merge, "data.annotator=lee"]) == 0
    assert [line.get("who") for line in read(tmp_path / "m.jsonl.diff.jsonl")] == ["lee", "lee"]


def test_a_proposal_that_prodigy_says_was_accepted_is_taken(data: Path, tmp_path: Path) -> None:
    first = next(lines())
    proposal = {"text": first["text"], "spans": first["entities"][:1], "proposed": True}
    merge = ["merge", str(data), str(tmp_path / "answers.jsonl"), "-o", str(tmp_path / "m.jsonl"), "-t", "tag"]
    write_lines(tmp_path / "answers.jsonl", [proposal])
    assert main(merge) == 2, "a task that nobody was asked about"
    write_lines(tmp_path / "answers.jsonl", [proposal | {"answer": "accept"}])
    assert main([*merge, "--who", "kim"]) == 0
    assert [line["who"] for line in read(tmp_path / "m.jsonl.diff.jsonl")] == ["kim"]


def test_answers_of_prodigy_have_who_gave_them_and_when(data: Path, tmp_path: Path) -> None:
    first = next(lines())
    answers = [
        {"text": first["text"], "spans": first["entities"][:1], "answer": answer, "_annotator_id": who, "_timestamp": 0}
        for who, answer in (("kim", "accept"), ("lee", "reject"))
    ]
    write_lines(tmp_path / "answers.jsonl", answers)
    merge = ["merge", str(data), str(tmp_path / "answers.jsonl"), "-o", str(tmp_path / "m.jsonl"), "-t", "tag"]
    assert main(merge) == 0
    (line,) = read(tmp_path / "m.jsonl.diff.jsonl")
    assert (line["who"], line["when"]) == ("kim", "1970-01-01T00:00:00+00:00")
