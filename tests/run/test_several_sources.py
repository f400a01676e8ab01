"""Several data sets in one training, from the configuration to the scorecard, the card, resuming and the export."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import spanloom
from spanloom.config import to_toml
from spanloom.engine.model_folder import load_model
from spanloom.engine.run import run_training
from spanloom.errors import ConfigError
from spanloom.run.cli import main
from spanloom.run.user_config import resolved
from spanloom.tasks import find_task
from spanloom.write.html_tables import summary_html
from spanloom.write.notebook import printed
from spanloom.write.tables import print_scorecard
from tests.run.two_sources import NAMES, TOWNS, people, run_of, write_sources


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    return write_sources(tmp_path)


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_model(run, find_task).model.state_dict()


def test_each_source_is_scored_by_what_it_annotates(config: dict[str, Any], tmp_path: Path) -> None:
    found = run_training(find_task("joint"), run_of(config, epochs=20), tmp_path / "run")
    assert list(found["sources"]) == ["people", "homes"]
    alone, related = found["sources"]["people"], found["sources"]["homes"]
    assert alone["size"]["entities"] == 5
    assert set(alone["labels"]["entities"]) == {"person"}, "towns that the model finds there are nobody's to judge"
    assert alone["entities"]["strict"]["f1"] > 0.9
    assert related["size"] | {"sentences": 4, "entities": 8, "triples": 4} == related["size"]
    assert set(related["labels"]["triples"]) == {"lives in"}
    answer = spanloom.load(tmp_path / "run")("Fay lives in Lima .")
    assert {entity.label for entity in answer.entities} == {"person", "town"}, "kinds that no one source has together"
    card = (tmp_path / "run" / "README.md").read_text()
    assert "| training | `" in card
    assert " | 24 |" in card
    assert "By source, each by what it annotates" in printed(found, print_scorecard)
    assert "homes" in summary_html(found)


def test_resuming_comes_to_the_same_bits(config: dict[str, Any], tmp_path: Path) -> None:
    task, constant = find_task("joint"), {"schedule": "constant", "warmup": 0.0}
    run_training(task, run_of(config, **constant), tmp_path / "a")
    run_training(task, run_of(config, **constant, epochs=3), tmp_path / "b")
    run_training(task, run_of(config, **constant), tmp_path / "b", resume=True)
    one, other = weights(tmp_path / "a"), weights(tmp_path / "b")
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_best_epoch_may_be_that_of_one_source(config: dict[str, Any], tmp_path: Path) -> None:
    found = run_training(find_task("joint"), run_of(config, best="people"), tmp_path / "run")
    assert found["sources"]
    with pytest.raises(
        ConfigError, match=r"train.best: is 'town'; 'mean', or the name of a source .* 'people', 'homes'"
    ):
        run_training(find_task("joint"), run_of(config, best="town"), tmp_path / "other")
    del config["data"]["source"][0]["dev"]
    with pytest.raises(
        ConfigError, match=r"train.best: is 'people'; 'mean', or .* with dev data, .* there are 'homes'"
    ):
        run_training(find_task("joint"), run_of(config, best="people"), tmp_path / "other")


def test_labels_that_dev_alone_has_are_missed_and_not_dropped(config: dict[str, Any], tmp_path: Path) -> None:
    with (tmp_path / "people" / "dev.conll").open("a") as file:
        file.write("Bolt B-ORG\nfell O\n\n")
    found = run_training(find_task("joint"), run_of(config), tmp_path / "run")
    assert found["sources"]["people"]["size"]["entities"] == 6
    assert found["sources"]["people"]["labels"]["entities"]["ORG"]["gold"] == 1
    assert "entity label 'ORG' (1)" in (tmp_path / "run" / "README.md").read_text()


def test_what_rename_names_must_be_there(config: dict[str, Any], tmp_path: Path) -> None:
    config["data"]["source"][0]["rename"] = {"PERSON": "person"}
    with pytest.raises(
        ConfigError, match=r"data.source 'people': rename has 'PERSON'; a label of its training data: PER"
    ):
        run_training(find_task("joint"), resolved(config), tmp_path / "run")


def test_a_run_on_sources_is_exported_and_scored_on_their_dev_data(config: dict[str, Any], tmp_path: Path) -> None:
    run_training(find_task("joint"), run_of(config), tmp_path / "run")
    manifest = spanloom.export(tmp_path / "run", tmp_path / "bundle", precision="fp32")
    assert manifest["golden"]["examples"] == 9
    assert abs(manifest["drop"]) < 0.5


def test_the_check_speaks_of_each_source_and_of_all(
    config: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.toml").write_text(to_toml(resolved(config)))
    assert main(["check", str(tmp_path / "mine.toml"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sources"]["people"]["annotates"] == {"entities": ["person"], "relations": []}
    assert found["sources"]["homes"]["annotates"] == {"entities": ["town"], "relations": ["lives in"]}
    assert found["gold"]["entities"]["total"] == 24 + 48
    assert main(["check", str(tmp_path / "mine.toml")]) == 0
    assert "Source 'people' annotates entities person." in " ".join(capsys.readouterr().out.split())
    assert main(["check", str(tmp_path / "mine.toml"), "--task", "tag"]) == 2
    assert "task: is 'joint' in the configuration, and the data are to be checked for 'tag'" in capsys.readouterr().err


def test_nested_learns_from_the_same_sources(config: dict[str, Any], tmp_path: Path) -> None:
    config["task"] = "nested"
    encoder = config["model"]["encoder"]
    config["model"] = {"projection": 8, "encoder": encoder}
    config["data"]["source"][1]["rename"] = {"Entity": "*", "Town": "town"}
    with (tmp_path / "people" / "dev.conll").open("a") as file:
        file.write("Bolt B-ORG\nfell O\n\n")  # of a label that training never had
    found = run_training(find_task("nested"), run_of(config), tmp_path / "run")
    assert list(found["sources"]) == ["people", "homes"]
    assert "entity label 'ORG' (1)" in (tmp_path / "run" / "README.md").read_text()


def test_a_data_set_beside_sources_is_refused(config: dict[str, Any], tmp_path: Path) -> None:
    base = resolved(config)
    both = replace(base, data=replace(base.data, train=tmp_path / "people" / "train.conll"))
    with pytest.raises(ConfigError, match=r"data\.train: is set, and so is data\.source"):
        run_training(find_task("joint"), both, tmp_path / "run")


OTHERS = {
    "tag": (
        ("a.conll", people(12), {"PER": "person"}),
        (
            "b.conll",
            "".join(f"{name} O\nis O\nin O\n{town} B-LOC\n\n" for name, town in zip(NAMES, TOWNS, strict=True)),
            {},
        ),
    ),
    "classify": (
        ("a.jsonl", "".join(f'{{"text": "{word} day", "label": "{word}"}}\n' for word in ("good", "bad") * 6), {}),
        (
            "b.jsonl",
            "".join(f'{{"text": "a {word}", "label": "{word}"}}\n' for word in ("goal", "song") * 6),
            {"goal": "sport"},
        ),
    ),
    "intent_slot": (
        (
            "a.jsonl",
            "".join(
                f'{{"text": "{verb} to {town}", "intent": "{verb}", "slots": [{{"start": {len(verb) + 4}, '
                f'"end": {len(verb) + 4 + len(town)}, "label": "to"}}]}}\n'
                for verb, town in zip(("fly", "ride") * 3, TOWNS, strict=True)
            ),
            {"to": "city"},
        ),
        (
            "b.jsonl",
            "".join(
                f'{{"text": "play {name}", "intent": "play", "slots": [{{"start": 5, "end": {5 + len(name)}, '
                f'"label": "artist"}}]}}\n'
                for name in NAMES
            ),
            {},
        ),
    ),
}


@pytest.mark.parametrize("task", OTHERS)
def test_other_tasks_learn_from_several_sources_too(task: str, config: dict[str, Any], tmp_path: Path) -> None:
    sources = []
    for name, text, rename in OTHERS[task]:
        (tmp_path / name).write_text(text)
        sources.append({"train": tmp_path / name, "dev": tmp_path / name, "rename": rename})
    model = {"encoder": config["model"]["encoder"]}
    table = {"task": task, "data": {"source": sources}, "train": config["train"], "model": model}
    found = run_training(find_task(task), resolved(table), tmp_path / "run")
    assert list(found["sources"]) == ["a", "b"]
    known = {label for labels in load_model(tmp_path / "run", find_task).codec.known().values() for label in labels}
    renamed = {new for _, _, rename in OTHERS[task] for new in rename.values()}
    assert renamed <= known
    assert not known & {old for _, _, rename in OTHERS[task] for old in rename}


def test_a_weight_that_leaves_nothing_for_an_epoch_trains_on_later_ones(config: dict[str, Any], tmp_path: Path) -> None:
    for source in config["data"]["source"]:
        source["weight"] = 0.01  # a quarter of an example an epoch
    run_training(find_task("joint"), run_of(config), tmp_path / "run")
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert 0 < sum(line["kind"] == "step" for line in lines) < 6
