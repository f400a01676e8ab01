"""doccano itself, driven through its API: what is written for it is imported, and what it exports is read and merged.

`pip install doccano 'marshmallow<4' 'numpy<2' 'scikit-learn<1.6'` in an environment of its own; SPANLOOM_DOCCANO names
its program where it is not found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spanloom.config import to_toml
from spanloom.run.cli import main
from spanloom.run.user_config import resolved
from spanloom.write.lines import write_lines
from tests.run.doccano import PROGRAM, Doccano
from tests.towns import CONFIG, MISSING, WRONG, lines

pytestmark = [
    pytest.mark.slow(reason="doccano makes its database anew, which takes half a minute"),
    pytest.mark.skipif(PROGRAM is None, reason="doccano is not installed"),
]
COLUMNS = {"encoding": "utf_8", "column_data": "text", "column_label": "label"}


@pytest.fixture(scope="module")
def doccano(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doccano]:
    made = Doccano(tmp_path_factory.mktemp("doccano"))
    try:
        made.wait()
        yield made
    finally:
        made.stop()


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


RELATED = [
    {
        "text": "🎈 Ada and Bo live in Köln , Ulm .",
        "entities": [
            {"start": 2, "end": 5, "label": "Person", "text": "Ada"},
            {"start": 10, "end": 12, "label": "Person", "text": "Bo"},
            {"start": 21, "end": 25, "label": "City", "text": "Köln"},
        ],
        "relations": [{"head": 0, "tail": 2, "label": "lives_in"}, {"head": 1, "tail": 0, "label": "knows"}],
        "page": 7,
    },
    {"text": "Nobody is here .", "entities": [], "relations": []},
]
SPANS = [{**line, "relations": []} for line in RELATED] + [{"text": "Di left Cork .", "page": 8}]
"""The last has no annotations; doccano has it as one in which there is nothing."""
CLASSES = [{"text": "Ein schönes Haus .", "label": "good"}, {"text": "Too cold .", "label": "bad"}]


@pytest.mark.parametrize(
    ("task", "kind", "given"),
    [
        ("joint", "SequenceLabeling", RELATED),
        ("joint", "SequenceLabeling", SPANS),
        ("classify", "DocumentClassification", CLASSES),
    ],
    ids=["relations", "spans", "classes"],
)
def test_what_it_imports_it_exports_again(
    doccano: Doccano, tmp_path: Path, task: str, kind: str, given: list[dict[str, Any]]
) -> None:
    mine, ours, theirs, export, back = (tmp_path / f"{number}.jsonl" for number in range(5))
    write_lines(mine, given)
    assert main(["convert", str(mine), str(ours), "--task", task]) == 0
    assert main(["convert", str(mine), str(theirs), "--task", task, "--to", "doccano"]) == 0
    related = given is RELATED
    project = doccano.project(kind, related)
    doccano.add(project, theirs, "RelationExtraction" if related else kind, **({} if related else COLUMNS))
    doccano.export(project, export)
    assert main(["convert", str(export), str(back), "--task", task]) == 0
    found = sorted(read(back), key=lambda line: [one["text"] for one in given].index(line["text"]))
    nothing = {"entities": [], "relations": []}
    expected = [line if "labels" in line else {**line, **nothing, **line} for line in read(ours)]
    assert [{key: value for key, value in line.items() if key != "id"} for line in found] == expected


def test_a_queue_goes_there_and_what_somebody_finished_comes_back(doccano: Doccano, tmp_path: Path) -> None:
    data, queue, theirs = (tmp_path / name for name in ("data.jsonl", "q.jsonl", "theirs.jsonl"))
    write_lines(data, lines())
    (tmp_path / "mine.toml").write_text(to_toml(resolved(CONFIG)), encoding="utf-8")
    listing = ["--config", str(tmp_path / "mine.toml"), "--folds", "2", "--budget", "2", "--propose"]
    assert main(["queue", str(data), "--output", str(queue), *listing]) == 0
    assert main(["convert", str(queue), str(theirs), "--task", "tag", "--to", "doccano"]) == 0
    project = doccano.project("SequenceLabeling")
    doccano.add(project, theirs, "SequenceLabeling", **COLUMNS)
    held = doccano.ask("GET", f"{project}/examples?limit=10")["results"]
    (seen,) = (one["id"] for one in held if one["meta"]["source"] == f"{data}:{WRONG + 1}")
    doccano.ask("POST", f"{project}/examples/{seen}/states", {})
    every, finished, merged = (tmp_path / name for name in ("all.jsonl", "finished.jsonl", "merged.jsonl"))
    doccano.export(project, every)
    doccano.export(project, finished, approved=True)
    assert (len(read(every)), len(read(finished))) == (2, 1)
    back = ["-o", str(merged), "-t", "tag", "--queue", str(queue)]
    assert main(["merge", str(data), str(every), *back]) == 0
    assert read(Path(f"{merged}.diff.jsonl")) == [], f"nobody looked at {MISSING}, and nothing tells who did at {WRONG}"
    assert main(["merge", str(data), str(finished), *back, "--accept-untouched"]) == 0
    (change,) = read(Path(f"{merged}.diff.jsonl"))
    assert change["source"] == f"{data}:{WRONG + 1}"
    assert [one["label"] for one in change["added"]] == ["City"]
