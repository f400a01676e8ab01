"""Label Studio itself, on loopback and with its SQLite, driven through its API: predictions, annotations, a training.

`pip install label-studio` in an environment of its own; SPANLOOM_LABEL_STUDIO names its program where it is not found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spanloom.config import to_toml
from spanloom.run.cli import main
from spanloom.run.train import train
from spanloom.run.user_config import resolved
from spanloom.write.lines import write_lines
from tests.serve.label_studio import PROGRAM, LabelStudio
from tests.serve.process import Server
from tests.towns import CONFIG, MISSING, WRONG, lines

pytestmark = [
    pytest.mark.slow(reason="Label Studio makes its database anew, which takes a minute"),
    pytest.mark.skipif(PROGRAM is None, reason="label-studio is not installed"),
]


@pytest.fixture(scope="module")
def label_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabelStudio]:
    made = LabelStudio(tmp_path_factory.mktemp("label_studio"))
    try:
        made.wait()
        yield made
    finally:
        made.process.terminate()
        made.process.wait(60)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration, its data beside it."""
    folder = tmp_path_factory.mktemp("mine")
    write_lines(folder / "data.jsonl", lines())
    given = {**CONFIG, "data": {"train": str(folder / "data.jsonl")}}
    (folder / "mine.toml").write_text(to_toml(resolved(given)), encoding="utf-8")
    return folder / "mine.toml"


@pytest.fixture(scope="module")
def server(config: Path) -> Iterator[Server]:
    """A model of the data, served; after three annotations it is trained again."""
    run = config.with_name("run")
    train(config, run)
    options = ("--label-studio", "--train", config, "--annotations", config.with_name("kept"), "--train-every", 3)
    server = Server(f"mine={run}", *options)
    yield server
    assert server.stop() == 0, server.log


def project(label_studio: LabelStudio, title: str, configuration: str) -> int:
    made = label_studio.ask("POST", "/api/projects", {"title": title, "label_config": configuration})
    return int(made["id"])


def tasks_of(label_studio: LabelStudio, number: int) -> list[dict[str, Any]]:
    found = label_studio.ask("GET", f"/api/tasks?project={number}&fields=all")
    return sorted(found["tasks"], key=lambda task: task["id"])


CONFIGURATION = """<View><Labels name="label" toName="text"><Label value="Person"/><Label value="City"/></Labels>
<Text name="text" value="$text"/></View>"""


def test_it_is_asked_for_predictions_told_of_annotations_and_trained(label_studio: LabelStudio, server: Server) -> None:
    number = project(label_studio, "towns", CONFIGURATION)
    backend = {"project": number, "url": f"http://127.0.0.1:{server.port}", "title": "mine"}
    connected = label_studio.ask("POST", "/api/ml", backend)
    version = server.get("/v1/models").body["models"][0]["version"]
    assert (connected["state"], connected["model_version"]) == ("CO", version)
    texts = [f"Once {name} left {city} ." for name, city in (("Ada", "Ulm"), ("Bo", "Graz"), ("Cy", "Oslo"))]
    label_studio.ask("POST", f"/api/projects/{number}/import", [{"data": {"text": text}} for text in texts])
    everything = {"selectedItems": {"all": True, "excluded": []}, "ordering": []}
    asked = f"/api/dm/actions?id=retrieve_tasks_predictions&project={number}"
    assert label_studio.ask("POST", asked, everything)["processed_items"] == 3
    tasks = tasks_of(label_studio, number)
    for task, (name, city) in zip(tasks, (("Ada", "Ulm"), ("Bo", "Graz"), ("Cy", "Oslo")), strict=True):
        (prediction,) = task["predictions"]
        assert prediction["model_version"] == version
        values = [(result["value"]["text"], result["value"]["labels"]) for result in prediction["result"]]
        assert values == [(name, ["Person"]), (city, ["City"])]
        assert all(0 < result["score"] <= 1 for result in prediction["result"])
        label_studio.ask("POST", f"/api/tasks/{task['id']}/annotations/", {"result": prediction["result"]})
    server.said(r"Training training-1 began, on 3 annotated tasks, 3 annotations of them new\.")
    server.said(r"Model 'mine' was loaded again: version \w+\.")
    assert server.get("/v1/models").body["models"][0]["version"] != version
    exported = label_studio.ask("GET", f"/api/projects/{number}/export?exportType=JSON")
    assert [task["data"]["text"] for task in exported] == texts
    label_studio.ask("POST", f"/api/ml/{connected['id']}/train", {})
    server.said(r"Training training-2 began")


def test_a_queue_goes_there_and_comes_back(label_studio: LabelStudio, config: Path, tmp_path: Path) -> None:
    data, queue, tasks = config.with_name("data.jsonl"), tmp_path / "q.jsonl", tmp_path / "tasks.json"
    listing = ["--config", str(config), "--folds", "2", "--budget", "2", "--propose"]
    assert main(["queue", str(data), "--output", str(queue), *listing]) == 0
    written = ["--task", "tag", "--to", "label-studio", "--as", "predictions"]
    assert main(["convert", str(queue), str(tasks), *written]) == 0
    number = project(label_studio, "queue", tasks.with_suffix(".config.xml").read_text(encoding="utf-8"))
    label_studio.ask("POST", f"/api/projects/{number}/import", json.loads(tasks.read_text(encoding="utf-8")))
    for task in tasks_of(label_studio, number):
        proposal = task["predictions"][0]["result"]
        label_studio.ask("POST", f"/api/tasks/{task['id']}/annotations/", {"result": proposal})
    export = tmp_path / "export.json"
    export.write_text(json.dumps(label_studio.ask("GET", f"/api/projects/{number}/export?exportType=JSON")))
    merged = tmp_path / "merged.jsonl"
    assert main(["merge", str(data), str(export), "-o", str(merged), "-t", "tag", "--queue", str(queue)]) == 0
    after = [json.loads(line) for line in merged.read_text(encoding="utf-8").splitlines()]
    labels = {line["id"]: [token["label"] for token in line["tokens"] if token["label"] != "O"] for line in after}
    assert labels == {f"s{each}": ["B-Person", "B-City"] for each in range(40)}
    diff = [json.loads(line) for line in Path(f"{merged}.diff.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {line["source"] for line in diff} == {f"{data}:{place + 1}" for place in (WRONG, MISSING)}
    assert {line["who"] for line in diff} == {"1"}  # who annotated, by the number that Label Studio gives
    assert all(line["when"].startswith("20") for line in diff)
