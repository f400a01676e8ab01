from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from spanloom.answers.graph import Graph
from spanloom.batch.evenly import evenly_chosen
from spanloom.contracts import Codec
from spanloom.core import Arrays, Example, Row
from spanloom.decode.rows import predict_rows
from spanloom.errors import CheckpointError, ExportRefused
from spanloom.export.bundle import Exported, write_bundle
from spanloom.export.to_onnx import largest_difference, to_onnx
from spanloom.predict.bundle import OnnxBackend, open_bundle, start
from spanloom.predict.predictor import Predictor
from tests.predict.stand_in import values
from tests.run.tiny_task import TASK, WORDS, TinyCodec, build, example, find_tiny

SENTENCES = ["the Ada the Bo", "edge", "the", "Cy edge the the Di", "Ada Bo Cy", "the edge Ada"] * 2


def encoded(codec: Codec, examples: Sequence[Example]) -> list[Row]:
    return [codec.encode(Example(item.input)) for item in examples]


def lossy(source: Path, target: Path, feeds: Sequence[Arrays]) -> None:
    """A quantizer that rounds weights so coarsely that "edge", a name by a hair, is lost."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(source)
    for tensor in graph.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.shape == (len(WORDS), 8):
            tensor.CopyFrom(
                numpy_helper.from_array(np.where(np.abs(values) < 1, -1, values).astype(np.float32), tensor.name)
            )
    onnx.save(graph, target)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    codec = TinyCodec(WORDS)
    card = tmp_path_factory.mktemp("run") / "README.md"
    card.write_text("# A tiny model\n", encoding="utf-8")
    return Exported(TASK, codec, build(None, codec), [example(text) for text in SENTENCES], card, scripts={"Latin": 40})


@pytest.fixture(scope="module")
def exported(source: Exported, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("exports") / "bundle"
    return folder, write_bundle(source, folder, 0.5, keep_golden=True)


@pytest.fixture
def copy(exported: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    folder.mkdir()
    for file in exported[0].iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_a_bundle_holds_what_its_manifest_says(exported: tuple[Path, dict[str, Any]]) -> None:
    folder, manifest = exported
    assert json.loads((folder / "bundle.json").read_text(encoding="utf-8")) == manifest
    hashed = {"codec.json", "golden.jsonl", "model.onnx", "tokenizer.json"}
    assert set(manifest["files"]) == hashed
    assert {file.name for file in folder.iterdir()} == {*hashed, "bundle.json", "README.md"}
    assert {file.name for file in folder.parent.iterdir()} == {"bundle"}
    assert manifest["precision"] == "int8"
    assert {stage: score["best"] for stage, score in manifest["scores"].items()} == {"torch": 1, "fp32": 1, "int8": 1}
    assert manifest["drop"] == 0
    assert manifest["fp32_difference"] < 1e-5
    assert manifest["outputs"] == ["scores", "mask"]
    assert manifest["scripts"] == {"Latin": 40}
    assert set(manifest["versions"]) == {"torch", "onnx", "onnxruntime"}
    exported_as = "- Exported as int8: score 100.0, where the run's own is 100.0, on 12 examples.\n"
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card == f"# A tiny model\n\n## This bundle\n\n{exported_as}"
    golden = [json.loads(line) for line in (folder / "golden.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["text"] for line in golden] == SENTENCES
    assert golden[0]["relations"] == [{"head": 0, "tail": 1, "label": "next"}]


def test_a_bundle_answers_as_gold_says_at_any_length(exported: tuple[Path, dict[str, Any]]) -> None:
    bundle = open_bundle(exported[0], find_tiny, threads=2)
    for texts in (["Ada"], ["edge the", "the", "Di Cy Bo Ada edge the"], SENTENCES):
        examples = [example(text) for text in texts]
        assert predict_rows(bundle.backend, bundle.codec, encoded(bundle.codec, examples)) == [
            item.gold for item in examples
        ]


def test_the_graph_is_really_int8(exported: tuple[Path, dict[str, Any]]) -> None:
    import onnx

    graph = onnx.load(exported[0] / "model.onnx")
    assert graph.ir_version <= 10  # the newest that the oldest supported onnxruntime reads
    looked_up = {node.input[0] for node in graph.graph.node if node.op_type == "Gather"}  # a small table may stay
    weights = [tensor for tensor in graph.graph.initializer if len(tensor.dims) == 2 and tensor.name not in looked_up]
    assert weights
    assert {tensor.data_type for tensor in weights} <= {onnx.TensorProto.INT8, onnx.TensorProto.UINT8}


def test_an_export_that_loses_too_much_is_refused_and_leaves_nothing(source: Exported, tmp_path: Path) -> None:
    with pytest.raises(ExportRefused) as raised:
        write_bundle(source, tmp_path / "new" / "bundle", 0.5, quantize=lossy)
    names = sum(len(item.gold.spans) for item in source.golden if item.gold)
    kept = 100 * (names - 6) / names
    assert f"int8 scores {kept:.2f} where the run scores 100.00, on 12 sentences: {100 - kept:.2f} points lost" in str(
        raised.value
    )
    assert "0.50 points at most. Export with --precision fp32" in str(raised.value)
    assert list((tmp_path / "new").iterdir()) == []


def test_more_loss_can_be_allowed_and_is_written_down(source: Exported, tmp_path: Path) -> None:
    manifest = write_bundle(source, tmp_path / "bundle", 60.0, quantize=lossy)
    assert 0 < manifest["drop"] <= 60
    assert manifest["max_drop"] == 60


def test_fp32_is_kept_when_asked_for(source: Exported, tmp_path: Path) -> None:
    manifest = write_bundle(source, tmp_path / "bundle", 0.0, precision="fp32", quantize=lossy)
    assert manifest["precision"] == "fp32"
    assert set(manifest["scores"]) == {"torch", "fp32"}


def test_golden_sentences_stay_at_home(source: Exported, tmp_path: Path) -> None:
    manifest = write_bundle(source, tmp_path / "bundle", 0.5)
    assert manifest["golden"] == {"examples": 12, "stored": False}
    assert not (tmp_path / "bundle" / "golden.jsonl").exists()
    assert "Ada the Bo" not in "".join(
        file.read_text(encoding="utf-8") for file in (tmp_path / "bundle").glob("*.json*")
    )


def test_a_place_that_cannot_be_written_is_named(source: Exported, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"could not be written .*What was there is unchanged"):
        write_bundle(source, tmp_path / "file" / "bundle", 0.5)


def test_golden_examples_are_spread_over_the_data() -> None:
    assert evenly_chosen(range(5), 9) == [0, 1, 2, 3, 4]
    assert evenly_chosen(range(101), 5) == [0, 25, 50, 75, 100]


# ---- opening ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["model.onnx", "codec.json", "tokenizer.json", "golden.jsonl"])
def test_a_changed_file_is_found(copy: Path, name: str) -> None:
    (copy / name).write_bytes((copy / name).read_bytes() + b" ")
    with pytest.raises(CheckpointError, match=rf"{name}: its SHA-256 is [0-9a-f]{{12}}…; [0-9a-f]{{12}}… as exported"):
        open_bundle(copy, find_tiny)


@pytest.mark.parametrize("name", ["model.onnx", "codec.json", "golden.jsonl"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(CheckpointError, match=f"copy: {name} is missing; it, since bundle.json lists it"):
        open_bundle(copy, find_tiny)


def change(folder: Path, **values: Any) -> None:
    manifest = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    (folder / "bundle.json").write_text(json.dumps({**manifest, **values}), encoding="utf-8")


def test_a_bundle_of_a_later_format_says_to_upgrade(copy: Path) -> None:
    change(copy, format=7, spanloom="9.1")
    with pytest.raises(
        CheckpointError, match=r"bundle format 7, written by spanloom 9\.1; format 1 or older\. Upgrade with"
    ):
        open_bundle(copy, find_tiny)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": "1"}, "format is '1'; a whole number above 0"),
        ({"files": []}, "no table of files"),
        ({"files": {"codec.json": {"sha256": "0"}}}, r"its table of files has no model\.onnx"),
        ({"files": {"model.onnx": 1, "codec.json": 1}}, r"the entry of file 'model\.onnx' is not valid"),
        (
            {"files": {"model.onnx": {}, "codec.json": {}, "../x": {"sha256": "0"}}},
            r"the entry of file 'model\.onnx' is not valid",
        ),
    ],
)
def test_a_damaged_manifest_is_said_so(copy: Path, values: dict[str, Any], message: str) -> None:
    change(copy, **values)
    with pytest.raises(CheckpointError, match=message):
        open_bundle(copy, find_tiny)


def test_a_manifest_reaches_for_no_file_outside_its_folder(copy: Path) -> None:
    manifest = json.loads((copy / "bundle.json").read_text(encoding="utf-8"))
    change(copy, files={**manifest["files"], "../secret": {"sha256": "0"}})
    with pytest.raises(CheckpointError, match=r"the entry of file '\.\./secret' is not valid"):
        open_bundle(copy, find_tiny)


def test_a_manifest_cut_short_is_said_so(copy: Path) -> None:
    text = (copy / "bundle.json").read_text(encoding="utf-8")
    (copy / "bundle.json").write_text(text[:40], encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"bundle\.json: not readable as JSON"):
        open_bundle(copy, find_tiny)


def test_a_graph_that_onnxruntime_cannot_load_is_said_so(copy: Path) -> None:
    import hashlib

    manifest = json.loads((copy / "bundle.json").read_text(encoding="utf-8"))
    for content, message in (
        (b"not a graph", r"model\.onnx: not an ONNX model \(it ends within a field"),
        (b"\x08\x09", r"model\.onnx: onnxruntime .* cannot load it"),  # its version, and nothing else
    ):
        (copy / "model.onnx").write_bytes(content)
        manifest["files"]["model.onnx"]["sha256"] = hashlib.sha256(content).hexdigest()
        change(copy, files=manifest["files"])
        with pytest.raises(CheckpointError, match=message):
            open_bundle(copy, find_tiny)


WITHOUT_TORCH = """
import sys
from collections.abc import Sequence
from pathlib import Path

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "transformers", "onnx", "safetensors"}:
            raise ModuleNotFoundError(f"{name} is blocked", name=name)

sys.meta_path.insert(0, Blocked())
from spanloom.predict.bundle import OnnxBackend, open_bundle, start
from spanloom.predict.predictor import Predictor
from tests.run.tiny_task import find_tiny

bundle = open_bundle(Path(sys.argv[1]), find_tiny)
predictor = Predictor(bundle.task, bundle.codec, bundle.backend, bundle.folder)
print([span.start for span in predictor("the Ada edge the Bo . Cy the the").value.spans])
"""


def test_a_bundle_predicts_without_torch(exported: tuple[Path, dict[str, Any]], repository: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_TORCH, str(exported[0])],
        cwd=repository,
        env={"PYTHONPATH": f"{repository / 'src'}:{repository}", "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert done.stdout == "[1, 2, 4, 6]\n"


def test_streams_from_a_bundle_do_not_depend_on_threads(exported: tuple[Path, dict[str, Any]]) -> None:
    texts = [SENTENCES[number % 6] * (1 + number % 3) for number in range(40)]
    answers = []
    for threads in (1, 3):
        bundle = open_bundle(exported[0], find_tiny, threads)
        answers.append(values(Predictor(bundle.task, bundle.codec, bundle.backend, bundle.folder).predict(texts)))
    assert answers[0] == answers[1]
    scores = [[span.score for graph in stream for span in graph.spans] for stream in answers]
    assert scores[0] == scores[1]
    assert dataclasses.is_dataclass(answers[0][0])
    assert isinstance(answers[0][0], Graph)


# ---- comparing -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graph(source: Exported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("graphs") / "model.onnx"
    to_onnx(source.model, source.codec, encoded(source.codec, source.golden), target)
    return target


def test_a_graph_unlike_its_model_is_refused(source: Exported, graph: Path) -> None:
    other = build(None, source.codec)
    with torch.no_grad():
        other.out.bias.add_(0.25)
    rows = encoded(source.codec, source.golden)
    backend = OnnxBackend(start(graph.read_bytes(), "the graph"))
    assert largest_difference(source.model, backend, source.codec, rows) < 1e-5
    with pytest.raises(ExportRefused, match=r"output 'scores' of the ONNX graph is 0\.25 away from the model's"):
        largest_difference(other, backend, source.codec, rows)


def test_a_graph_of_one_size_only_is_refused(source: Exported, graph: Path, tmp_path: Path) -> None:
    import onnx

    fixed = onnx.load(graph)
    for node in fixed.graph.input:
        for axis in node.type.tensor_type.shape.dim:
            axis.dim_value = 6
    onnx.save(fixed, tmp_path / "fixed.onnx")
    backend = OnnxBackend(start((tmp_path / "fixed.onnx").read_bytes(), "the graph"))
    with pytest.raises(ExportRefused, match=r"does not run on words \(1, 1\), lengths \(1,\) .*Please report it"):
        largest_difference(source.model, backend, source.codec, encoded(source.codec, source.golden[1:2]))
