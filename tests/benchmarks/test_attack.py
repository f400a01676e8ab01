"""The attack finds faults that are put in for it, and finds none where there are none."""

from __future__ import annotations

import itertools
import json
import random
import time
from pathlib import Path

import attack
import pytest
from attacks import folders, formats, kills, mutations, samples
from attacks.workers import Outcome, Worker

from spanloom.config import DataConfig
from spanloom.tasks import find_task


def test_every_format_has_a_sample_that_it_reads(tmp_path: Path) -> None:
    names = formats.format_names()
    assert sorted(samples.SAMPLES) == sorted(names)
    for name in names:
        sample = samples.SAMPLES[name]
        examples = list(find_task(sample.task).read(sample.write(tmp_path / name), DataConfig()))
        assert sum(map(formats.facts, examples)) > 0, name


def test_damage_is_the_same_for_the_same_seed() -> None:
    content = b'{"a": [1, {"b": "c"}]}\n'
    for kind in (mutations.damaged, mutations.damaged_json):
        first, again = ([kind(content, random.Random(seed)) for seed in range(50)] for _ in range(2))
        assert first == again
        assert len({done for done, _ in first}) > 5  # type: ignore[misc]
    assert mutations.damaged_json(b"no JSON", random.Random(0)) is None


def test_a_key_given_twice_and_one_renamed_are_written_so() -> None:
    found = [mutations.damaged_json(b'{"a": 1, "b": 2}', random.Random(seed)) for seed in range(500)]
    made = dict(found)  # type: ignore[misc]
    assert made["a twice"] == b'{"a": 1, "a": 1, "b": 2}'
    assert made["b renamed"] == b'{"a": 1, "bz": 2}'
    assert made["a is 1e400"] == b'{"a": 1e400, "b": 2}'


def test_gold_that_is_gone_without_a_word_falls_short(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "Mira left .", "entities": [], "relations": []}), encoding="utf-8")
    assert formats.attempt("joint", str(path), 0) == Outcome("other")
    assert formats.attempt("joint", str(path), 3) == Outcome("lost", "0 of 3 facts read, nothing said")
    path.write_text("{", encoding="utf-8")
    assert formats.attempt("joint", str(path), 3).kind == "refused"


def test_a_worker_outlives_what_crashes_hangs_or_raises() -> None:
    worker = Worker()
    try:
        assert worker.call("attacks.workers", "Outcome", {"kind": "other"}) == Outcome("other")
        assert worker.call("math", "sqrt", {}).kind == "a bug"
        assert worker.call("os", "abort", {}) == Outcome("crashed", "the process ended with -6")
        assert worker.call("signal", "pause", {}, patience=0.2) == Outcome("hung", "no answer after 0 seconds")
        assert worker.call("attacks.workers", "Outcome", {"kind": "refused"}) == Outcome("refused")
    finally:
        worker.close()


def test_what_fell_short_is_tabled_once_with_its_number() -> None:
    part = attack.Part("formats")
    for _ in range(2):
        part.add("casrel: a.json: cut short", Outcome("a bug", "KeyError: 'x'"))
    part.add("casrel: a.json: emptied", Outcome("refused", "the file is empty"))
    lines = attack.table([part])
    assert lines[2:] == [
        "| formats | 3 | 1 | 0 | 0 | 2 |",
        "- formats: casrel: a.json: cut short: a bug: \"KeyError: 'x'\" (2 times)",
    ]


def test_numbers_are_found_wherever_they_stand() -> None:
    assert list(folders.numbers({"a": [1.5, {"b": 2.5}], "c": True, "d": "3"})) == [1.5, 2.5]


def test_a_rename_is_killed_before_or_after(tmp_path: Path) -> None:
    for after in (False, True):
        (tmp_path / "a").write_text("x", encoding="utf-8")

        def work(after: bool = after) -> None:
            kills.killed_at(1, after)
            (tmp_path / "a").rename(tmp_path / "b")

        assert kills.forked(work, tmp_path / "words") == -9
        assert (tmp_path / "b").exists() == after


def test_the_attack_stops_when_its_time_is_over() -> None:
    class Counting:
        def call(self, *_: object) -> Outcome:
            return Outcome("other")

    part = attack.Part("formats")
    attack.attack(part, Counting(), ("attacks.formats", "attempt"), itertools.repeat(("x", {})), time.monotonic() - 1)  # type: ignore[arg-type]
    assert part.ended.total() == 1


@pytest.mark.slow(reason="trains and exports twice")
def test_a_share_of_the_attack_finds_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    output = tmp_path / "found.json"
    arguments = ["--seconds", "8", "--tasks", "tag", "--parts", "formats,bundles,runs", "--output", str(output)]
    assert attack.main(arguments) == 0, capsys.readouterr().out
    assert {name: part["finds"] for name, part in json.loads(output.read_text())["parts"].items()} == {
        "formats": [],
        "bundles": [],
        "runs": [],
    }
