"""What sources leave open is learned from a run on them: what is taken over of its beliefs, and a whole training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from spanloom.answers.graph import Graph
from spanloom.answers.parts.facts import ENTITIES, RELATIONS
from spanloom.check.data import read_training
from spanloom.core import SOME, Beliefs, Claim, Coverage, Example
from spanloom.engine.fill import filled, lacking
from spanloom.engine.model_folder import load_model
from spanloom.engine.report import Notice, Report
from spanloom.engine.run import run_training
from spanloom.errors import CheckpointError, ConfigError
from spanloom.inputs import Relation, Span
from spanloom.run.user_config import resolved
from spanloom.tasks import FOLDER, find_task
from tests.run.two_sources import TOWNS, run_of, write_sources
from tests.tasks.sentences import text_of

ADA, BERN, FIRM = Span(0, 1, "person"), Span(3, 4, "town"), Span(6, 8, SOME)
HERE = Graph((ADA, BERN, FIRM), (Relation(ADA, BERN, "lives in"),))
COVERAGE = Coverage("homes", frozenset({"person", "town"}), frozenset({"lives in"}))


def entity(label: str, start: int, end: int) -> Claim:
    return Claim(ENTITIES, label, (start, end))


def taken(
    beliefs: Beliefs, coverage: Coverage = COVERAGE, gold: Any = HERE, overlapping: bool = False
) -> tuple[list[Claim], list[Claim]]:
    words = ["Ada", "left", "old", "Bern", "for", "Moe", "Ltd", ".", "at", "once"]
    return lacking(Example(text_of(words), gold, covered=coverage), beliefs, overlapping)


def test_a_label_that_the_source_annotates_is_its_own_to_say() -> None:
    assert taken({entity("person", 9, 10): 0.99, entity("firm", 9, 10): 0.6}) == ([], [entity("firm", 9, 10)])


def test_half_a_belief_is_enough_and_less_is_not() -> None:
    assert taken({entity("firm", 9, 10): 0.5, entity("firm", 5, 6): 0.499}) == ([], [entity("firm", 9, 10)])


def test_what_is_annotated_stands_and_of_two_that_overlap_the_likelier_comes() -> None:
    beliefs = {entity("firm", 2, 4): 0.9, entity("firm", 8, 10): 0.7, entity("date", 9, 10): 0.8}
    assert taken(beliefs) == ([], [entity("date", 9, 10)])


def test_where_names_of_the_data_overlap_only_the_same_place_is_taken() -> None:
    beliefs = {entity("firm", 2, 4): 0.9, entity("firm", 3, 4): 0.8}
    assert taken(beliefs, overlapping=True) == ([], [entity("firm", 2, 4)])


def test_a_name_of_some_kind_gets_the_kind_that_is_believed_of_its_place() -> None:
    firm = entity("firm", 6, 8)
    assert taken({firm: 0.9, entity("date", 6, 8): 0.8, entity("firm", 6, 7): 0.95}) == ([entity(SOME, 6, 8)], [firm])


def test_of_data_that_annotate_related_names_alone_every_other_name_is_open() -> None:
    related = Coverage("homes", COVERAGE.entities, COVERAGE.relations, related_only=True)
    assert taken({entity("person", 9, 10): 0.9}, related) == ([], [entity("person", 9, 10)])


def test_relations_that_are_not_annotated_come() -> None:
    works = Claim(RELATIONS, "works for", (0, 1, 6, 8))
    assert taken({works: 0.9, Claim(RELATIONS, "lives in", (0, 1, 6, 8)): 0.9}) == ([], [works])


def test_an_example_of_a_single_data_set_lacks_nothing() -> None:
    example = Example(text_of(["Ada"]), Graph())
    assert lacking(example, {entity("person", 0, 1): 0.9}, False) == ([], [])


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    return write_sources(tmp_path)


def test_a_second_training_learns_from_the_first(config: dict[str, Any], tmp_path: Path) -> None:
    task, first = find_task("joint"), tmp_path / "first"
    run_training(task, run_of(config, epochs=20), first)
    config["data"]["fill"] = first
    settings, told = run_of(config), []
    part = filled(task, settings, read_training(task, settings), told.append)
    people, homes = part.examples[:24], part.examples[24:]
    places = [[(span.label, example.input.surface(span)) for span in example.gold.spans] for example in people]
    assert sum(("town", town) in found for found in places for town in TOWNS) > 15, "there are 24"
    kinds = [span.label for example in homes for span in example.gold.spans]
    assert kinds.count("person") > 15, "24 are names of some kind"
    assert {example.covered.source for example in part.examples if example.covered} == {"people", "homes"}
    for example in part.examples:
        assert example.covered is not None
        assert example.covered.entities == {"person", "town"}
        assert example.covered.relations == {"lives in"}
        assert not example.covered.related_only
    count = int(part.remarks[-1].partition(" ")[0])
    before = read_training(task, settings).examples
    assert count > 30
    said = [notice.text for notice in told if isinstance(notice, Notice)]
    assert said == [part.remarks[-1]]
    assert said[0].startswith(f"{count} statements that no source annotates are learned from first, in ")
    added = sum(len(now.gold.spans) - len(then.gold.spans) for now, then in zip(people, before, strict=False))
    assert 15 < added <= count


def test_resuming_comes_to_the_same_bits_and_the_model_names_no_path(config: dict[str, Any], tmp_path: Path) -> None:
    task, constant = find_task("joint"), {"schedule": "constant", "warmup": 0.0, "evaluate_from": 1}
    run_training(task, run_of(config, **constant, epochs=8), tmp_path / "first")
    config["data"]["fill"] = tmp_path / "first"
    told: list[Report] = []
    found = run_training(task, run_of(config, **constant, epochs=4), tmp_path / "a", on_report=told.append)
    assert set(found["sources"]["people"]["labels"]["entities"]) == {"person"}, "dev is judged by what it annotates"
    run_training(task, run_of(config, **constant, epochs=2), tmp_path / "b")
    config["data"]["fill"] = (tmp_path / "first").rename(tmp_path / "moved")
    run_training(task, run_of(config, **constant, epochs=4), tmp_path / "b", resume=True)
    one, other = (load_model(tmp_path / run, find_task).model.state_dict() for run in ("a", "b"))
    assert all(torch.equal(one[name], other[name]) for name in one)
    about = json.loads((tmp_path / "a" / "model" / "model.json").read_text())
    assert "fill" not in about["config"]["data"]
    assert "statements that no source annotates are learned from first" in (tmp_path / "a" / "README.md").read_text()


def test_what_cannot_fill_is_said(config: dict[str, Any], tmp_path: Path) -> None:
    task = find_task("joint")
    config["data"]["fill"] = tmp_path / "nowhere"
    with pytest.raises(CheckpointError, match=r"nowhere/model.json: no such file"):
        run_training(task, run_of(config), tmp_path / "run")

    tags = resolved(FOLDER / "tag" / "tiny.toml", ["train.epochs=1", "train.threads=1"])
    run_training(find_task("tag"), tags, tmp_path / "tags")
    config["data"]["fill"] = tmp_path / "tags"
    with pytest.raises(ConfigError, match=r"data.fill: \S+tags is of the task 'tag'; a run of 'joint'. Name one."):
        run_training(task, run_of(config), tmp_path / "run")

    config["data"]["fill"] = None
    run_training(task, run_of(config, epochs=1, evaluate_from=1), tmp_path / "first")
    config["data"]["fill"] = tmp_path / "first"
    config["data"]["source"][0]["rename"] = {"PER": "human"}
    with pytest.raises(ConfigError, match=r"data.fill: the model of \S+first does not know 'human', which"):
        run_training(task, run_of(config), tmp_path / "run")


def test_one_data_set_has_nothing_to_fill(tmp_path: Path) -> None:
    given = [f"data.fill={tmp_path}", "train.threads=1"]
    with pytest.raises(ConfigError, match=r"data.fill: is set, and there are no sources; sources, in \[\[data.source"):
        run_training(find_task("joint"), resolved(FOLDER / "joint" / "tiny.toml", given), tmp_path / "run")


def test_classes_of_whole_texts_are_not_filled(tmp_path: Path) -> None:
    sources = []
    for name, label in (("a", "good"), ("b", "sport")):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"text": "A fine game .", "label": "{label}"}}\n' * 2)
        sources.append({"train": tmp_path / f"{name}.jsonl"})
    config = {"task": "classify", "data": {"source": sources, "fill": tmp_path}, "model": {"encoder": {"kind": "rnn"}}}
    with pytest.raises(ConfigError, match=r"data.fill: is set, but 'classify' has classes of whole texts, of which no"):
        run_training(find_task("classify"), resolved(config), tmp_path / "run")
