"""The protocol of Label Studio's back ends, as its requests are written, and trainings on what it tells."""

from __future__ import annotations

import base64
import copy
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from spanloom.errors import ConfigError, DataError
from spanloom.predict.predictor import bundled
from spanloom.serve.app import build
from spanloom.serve.controls import controls_of, prediction
from spanloom.serve.retraining import Retraining, kept_tasks
from spanloom.serve.service import Service
from spanloom.serve.settings import Settings, Trained
from spanloom.tasks import FOLDER

TEXT = "Ada Lovelace lived in London ."
XML = """<View><Relations><Relation value="x"/></Relations>
<Labels name="who" toName="words"><Label value="person"/><Label value="location"/></Labels>
<Text name="words" value="$body"/></View>"""


@pytest.fixture(scope="module")
def service() -> Service:
    return Service({"box": bundled()}, Settings(threads=1, label_studio=True))


@pytest.fixture(scope="module")
def idle() -> Service:
    """A service that nobody asks."""
    return Service({"box": bundled()}, Settings(threads=1))


@pytest.fixture(scope="module")
def client(service: Service) -> Any:
    with TestClient(build(service)) as client:
        yield client


def task(text: Any = TEXT, number: int = 7) -> dict[str, Any]:
    return {"id": number, "data": {"body": text}, "annotations": [], "inner_id": 1}


def asked(*tasks: dict[str, Any], xml: str = XML) -> dict[str, Any]:
    return {"tasks": list(tasks), "project": "1.17", "label_config": xml, "params": {"login": None, "context": None}}


def test_it_is_up_and_says_its_version(client: Any, service: Service) -> None:
    version = service.model(None).version
    assert client.get("/health").json() == {"status": "UP", "model_class": "joint"}
    setup = {"project": "1.17", "schema": XML, "hostname": "http://localhost:8080", "access_token": "t"}
    assert client.post("/setup", json=setup).json() == {"model_version": version}
    assert client.get("/versions", params={"project": "1.17"}).json() == {"versions": [version]}


def test_an_answer_is_a_prediction_in_the_controls_of_the_project(client: Any, service: Service) -> None:
    given = client.post("/predict", json=asked(task(), task("", 8))).json()
    first, empty = given["results"]
    assert given["model_version"] == first["model_version"] == service.model(None).version
    spans = {result["id"]: result for result in first["result"] if result["type"] == "labels"}
    ada = next(result for result in spans.values() if result["value"]["text"] == "Ada Lovelace")
    value = {"start": 0, "end": 12, "text": "Ada Lovelace", "labels": ["person"]}
    assert (ada["from_name"], ada["to_name"], ada["value"]) == ("who", "words", value)
    assert 0 < ada["score"] <= 1
    (relation,) = [result for result in first["result"] if result["type"] == "relation"]
    assert spans[relation["from_id"]]["value"]["text"] == "Ada Lovelace"
    assert spans[relation["to_id"]]["value"]["text"] == "London"
    assert relation["direction"] == "right"
    assert first["score"] == pytest.approx(
        sum(each["score"] for each in first["result"]) / len(first["result"]), abs=1e-5
    )
    assert empty["result"] == []


def test_a_model_is_named_in_the_address(client: Any) -> None:
    named = client.post("/label-studio/box/predict", json=asked(task()))
    assert named.json() == client.post("/predict", json=asked(task())).json()
    assert client.get("/label-studio/other/health").status_code == 404


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (asked({"id": 3, "data": {"text": "Ada"}}), "task 3: no text 'body' in its data (text); a string"),
        (asked(task(), xml="<View>"), "label_config: is not XML"),
        (asked(task(), xml="<View/>"), "label_config: no <Text> among View"),
        (asked(task(), xml='<!DOCTYPE a [<!ENTITY x "y">]><View/>'), "label_config: a document type or an entity"),
        ({"tasks": []}, "label_config"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(client: Any, body: dict[str, Any], said: str) -> None:
    reply = client.post("/predict", json=body)
    assert (reply.status_code, said in reply.json()["error"]) == (422, True), reply.json()


def test_a_project_without_any_of_the_labels_is_refused(client: Any) -> None:
    other = XML.replace("person", "Beak").replace("location", "Wing")
    reply = client.post("/setup", json={"project": "1.17", "schema": other})
    assert reply.status_code == 422
    assert "no control for any label of the model" in reply.json()["error"]


def test_annotations_are_nobodys_business_where_nothing_is_trained(client: Any) -> None:
    reply = client.post("/webhook", json={"action": "ANNOTATION_CREATED", "annotation": {"id": 1}, "task": task()})
    assert reply.json() == {"status": "ignored"}


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Basic {base64.b64encode(b'kim:a-token-of-the-tests-2026').decode()}", 200),
        ("Bearer a-token-of-the-tests-2026", 200),
        (f"Basic {base64.b64encode(b'kim:another').decode()}", 401),
        (f"Basic {base64.b64encode(b'a-token-of-the-tests-2026').decode()}", 401),
        ("Basic %%%", 401),
        ("", 401),
    ],
)
def test_a_token_may_be_the_password_that_label_studio_sends(idle: Service, header: str, status: int) -> None:
    settings = Settings(threads=1, label_studio=True, tokens=("a-token-of-the-tests-2026",))
    guarded = copy.copy(idle)
    guarded.settings = settings
    assert TestClient(build(guarded)).get("/versions", headers={"Authorization": header}).status_code == status


# ---- answers and controls --------------------------------------------------------------------------------------------


def test_classes_go_to_choices_and_labels_that_no_control_has_are_left_out() -> None:
    xml = """<View><Text name="t" value="$text"/><Choices name="c" toName="t"><Choice value="good" alias="g"/>
    <Choice value="bad"/></Choices><Choices name="other" toName="t"><Choice value="x"/></Choices></View>"""
    drawing = {"entities": (), "relations": (), "labels": [{"label": "g", "score": 0.75}, {"label": "new"}]}
    assert prediction(drawing, controls_of(xml), "v1") == {
        "model_version": "v1",
        "score": 0.75,
        "result": [
            {
                "id": "c0",
                "from_name": "c",
                "to_name": "t",
                "type": "choices",
                "value": {"choices": ["g"]},
                "score": 0.75,
            }
        ],
    }


def test_a_relation_of_a_span_that_is_left_out_is_left_out() -> None:
    spans = [
        {"start": 0, "end": 1, "text": "a", "label": "person"},
        {"start": 2, "end": 3, "text": "b", "label": "Dog"},
    ]
    drawing = {"entities": spans, "relations": [{"head": 0, "tail": 1, "label": "owns"}], "labels": ()}
    found = prediction(drawing, controls_of(XML), "v1")
    assert [result["type"] for result in found["result"]] == ["labels"]
    assert "score" not in found


# ---- trainings -------------------------------------------------------------------------------------------------------


def region(start: int, end: int, text: str, label: str, name: str) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text, "labels": [label]}
    return {"id": name, "from_name": "label", "to_name": "text", "type": "labels", "value": value}


def told(number: int, text: str, *results: dict[str, Any], name: int | None = None) -> dict[str, Any]:
    annotation = {"id": number if name is None else name, "task": number, "completed_by": 1, "result": list(results)}
    return {"action": "ANNOTATION_CREATED", "annotation": annotation, "task": {"id": number, "data": {"text": text}}}


ADA = region(0, 3, "Ada", "Person", "a")


class Process:
    """A training that ends when it is told to. left: what it leaves in the folder of its run."""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = list(command)
        self.ended, self.code = threading.Event(), 0

    def wait(self) -> int:
        assert self.ended.wait(60)
        return self.code

    def terminate(self) -> None:
        self.ended.set()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    sample = FOLDER / "joint" / "sample.jsonl"
    path.write_text(f'task = "joint"\n[data]\ntrain = "{sample}"\ndev = "{sample}"\n', encoding="utf-8")
    return path


def retraining(config: Path, idle: Service, every: int = 2) -> tuple[Retraining, list[Process]]:
    started: list[Process] = []

    def start(command: Sequence[str]) -> Any:
        started.append(Process(command))
        return started[-1]

    return Retraining(idle, Trained(config, config.parent / "kept", every), start), started


def heed(made: Retraining, event: dict[str, Any]) -> None:
    if made.heed(event["action"], [event["task"]], [event["annotation"]]):
        made.start()


def test_enough_annotations_begin_a_training_on_them_and_the_data_of_before(config: Path, idle: Service) -> None:
    made, started = retraining(config, idle)
    heed(made, told(1, "Ada left Ulm .", ADA))
    assert (made.state(), started) == ({"new_annotations": 1, "training": False}, [])
    heed(made, told(2, "Ida moved to Narvik .", region(0, 3, "Ida", "City", "i")))  # a text of the sample too
    (process,) = started
    folder = config.parent / "kept" / "training-1"
    assert process.command[-3:] == [str(folder / "config.toml"), "--output", str(folder / "run")]
    lines = [json.loads(line) for line in (folder / "train.jsonl").read_text().splitlines()]
    sample = (FOLDER / "joint" / "sample.jsonl").read_text().splitlines()
    assert [line["text"] for line in lines[-2:]] == ["Ada left Ulm .", "Ida moved to Narvik ."]
    assert lines[-1]["entities"][0]["label"] == "City"
    assert len(lines) == len(sample) + 2 - sum("Ida moved to Narvik ." in line for line in sample)
    assert made.state() == {"new_annotations": 0, "training": True}
    process.ended.set()


def test_one_training_goes_on_at_a_time_and_what_came_meanwhile_begins_the_next(config: Path, idle: Service) -> None:
    made, started = retraining(config, idle)
    for number in range(5):
        heed(made, told(number, f"Ada left {number} ."))
    assert len(started) == 1
    started[0].code = 1  # it fails, and the model stays
    version = made.service.model(None).version
    started[0].ended.set()
    assert made._waiting is not None
    made._waiting.join(60)
    assert len(started) == 2
    assert made.service.model(None).version == version
    made.stop()
    assert started[1].ended.is_set()
    made.start()
    assert len(started) == 2


def test_the_model_that_was_trained_takes_the_place_of_the_first(config: Path, idle: Service) -> None:
    made, started = retraining(config, idle, every=1)
    before = made.service.model(None)
    heed(made, told(1, "Ada left Ulm .", ADA))
    run = Path(started[0].command[-1])
    run.parent.mkdir(exist_ok=True)
    run.symlink_to(bundled())
    started[0].ended.set()
    assert made._waiting is not None
    made._waiting.join(60)
    after = made.service.model(None)
    assert (after.name, after.folder, after is not before) == (before.name, run, True)


def test_the_last_word_on_a_task_counts_and_what_is_deleted_does_not(config: Path, idle: Service) -> None:
    made, _ = retraining(config, idle, every=100)
    heed(made, told(1, "Ada left .", ADA, name=11))
    heed(made, told(1, "Ada left .", name=12))
    heed(made, told(2, "Bo left .", name=21))
    heed(made, {**told(1, "Ada left .", region(4, 8, "left", "Verb", "b"), name=11), "action": "ANNOTATION_UPDATED"})
    made.heed("ANNOTATIONS_DELETED", [], [{"id": 21}])
    made.heed("TASKS_CREATED", [task()], [])
    (only,) = kept_tasks(config.parent / "kept" / "annotations.jsonl")
    assert (only["id"], only["annotations"][0]["id"], len(only["annotations"][0]["result"])) == (1, 11, 1)
    made.heed("ANNOTATIONS_DELETED", [], [{"id": 11}])
    assert kept_tasks(config.parent / "kept" / "annotations.jsonl")[0]["annotations"][0]["id"] == 12


def test_label_studio_may_ask_for_a_training_and_a_damaged_file_is_said(
    config: Path, idle: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    made, started = retraining(config, idle, every=100)
    assert made.heed("START_TRAINING", [], [])
    made.start()
    assert len(started) == 1  # on the data of the configuration
    made.stop()
    kept = config.parent / "kept" / "annotations.jsonl"
    kept.write_text('{"task": {\n')
    with pytest.raises(DataError, match=r"annotations\.jsonl:1: is damaged"):
        kept_tasks(kept)
    other, others = retraining(config, idle, every=100)
    other.start()
    assert others == []
    assert "No training began: " in capsys.readouterr().err


def test_half_of_a_line_that_a_killed_service_left_spoils_no_other(config: Path, idle: Service) -> None:
    kept = config.parent / "kept" / "annotations.jsonl"
    made, _ = retraining(config, idle)
    heed(made, told(1, "Ada lives in Turin.", ADA))
    whole = kept.read_bytes()
    kept.write_bytes(whole + b'{"task": {"id": 2, "da')
    other, _ = retraining(config, idle)
    assert kept.read_bytes() == whole
    heed(other, told(3, "Ada left.", ADA))
    assert [task["id"] for task in kept_tasks(kept)] == [1, 3]


def test_what_cannot_be_trained_is_refused(config: Path, idle: Service) -> None:
    config.write_text('task = "tag"\n')
    with pytest.raises(ConfigError, match=r"mine\.toml: task is 'tag', and the model's is 'joint'"):
        retraining(config, idle)
    with pytest.raises(ConfigError, match=r"--train-every: is 0"):
        Trained(config, config.parent, 0)
    with pytest.raises(ConfigError, match=r"--train: without --label-studio nobody tells of annotations"):
        Settings(trained=Trained(config, config.parent))


def test_the_webhook_keeps_and_counts_and_older_versions_send_all_at_once(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    monkeypatch.setattr(Retraining, "start", lambda made: begun.append(made.state()["new_annotations"]))
    settings = Settings(threads=1, label_studio=True, trained=Trained(config, config.parent / "kept", 3))
    older = [{"id": 4, "data": {"text": "Bo left ."}, "annotations": [{"id": 9, "result": []}]}]
    with TestClient(build(Service({"box": bundled()}, settings))) as client:
        reply = client.post("/webhook", json={**told(1, "Ada left .", ADA), "project": {"id": 1}})
        assert reply.json() == {"status": "ok", "new_annotations": 1, "training": False}
        assert client.post("/train", json={"annotations": older, "project": "1.17"}).json()["new_annotations"] == 2
    assert begun == [2]
    assert [task["id"] for task in kept_tasks(config.parent / "kept" / "annotations.jsonl")] == [1, 4]
