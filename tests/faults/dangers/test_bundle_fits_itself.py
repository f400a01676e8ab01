"""A bundle whose parts do not fit each other is refused when it is opened, whatever its hashes say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from spanloom.errors import CheckpointError, DataError
from spanloom.predict.bundle import OnnxBackend, start
from spanloom.predict.graph_bytes import has_outside_data
from spanloom.predict.predictor import load
from spanloom.run.cli import main
from spanloom.tasks import FOLDER, task_names


@pytest.fixture(scope="session", params=task_names())
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of each task, hardly trained."""
    folder = tmp_path_factory.mktemp(request.param)
    settings = ["train.epochs=1", "train.threads=1", "train.track=[]"]
    command = ["train", str(FOLDER / request.param / "tiny.toml"), *settings, "--output", str(folder / "run")]
    assert main(command) == 0
    command = ["export", str(folder / "run"), "--precision", "fp32", "--max-drop", "100"]
    assert main([*command, "--output", str(folder / "bundle")]) == 0
    return folder / "bundle"


def changed(bundle: Path, folder: Path, name: str, content: bytes) -> Path:
    """A copy of a bundle with another file in it, and the manifest that such a file would have."""
    folder.mkdir(exist_ok=True)
    for file in bundle.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    manifest["files"][name]["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


# ---- labels and vocabularies -----------------------------------------------------------------------------------------

LABELS = {
    "classify": ("classes", "names"),
    "image": ("classes", "names"),
    "intent_slot": ("intents",),
    "joint": ("labels", "relations"),
    "language_model": ("units",),
    "nested": ("labels",),
    "relation": ("classes", "names"),
    "rewrite": ("insertions",),
    "tag": ("tags", "names"),
}


@pytest.mark.slow(reason="trains and exports a model of every task, shared by the tests here")
@pytest.mark.parametrize("more", [True, False])
def test_labels_that_are_not_the_graphs_are_refused(bundle: Path, more: bool, tmp_path: Path) -> None:
    codec = json.loads((bundle / "codec.json").read_text(encoding="utf-8"))
    task = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))["task"]
    *outer, last = LABELS[task]
    table = codec
    for key in outer:
        table = table[key]
    if last == "insertions":
        table[last] += 1 if more else -1
    elif more:
        table[last] = [*table[last], "another"]
    else:
        table[last] = table[last][:-1]
    if task == "joint":  # its signatures and facts name the labels too, and its memory their numbers
        labels = codec["labels"]
        held = [list(signature) for signature in labels["signatures"] if signature[1] in labels["relations"]]
        entity = labels["entities"][0]
        labels["signatures"] = held + ([[entity, "another", entity]] if more else [])
        codec["memory"]["pairs"] = [pair[:3] for pair in codec["memory"]["pairs"]]
    folder = changed(bundle, tmp_path / "bundle", "codec.json", json.dumps(codec).encode())
    with pytest.raises(CheckpointError, match=r"codec\.json: does not fit model\.onnx: the (text|graph)"):
        load(folder)


@pytest.mark.slow(reason="trains and exports a model of every task, shared by the tests here")
def test_a_vocabulary_that_is_not_the_graphs_is_refused(bundle: Path, tmp_path: Path) -> None:
    codec = json.loads((bundle / "codec.json").read_text(encoding="utf-8"))
    features = codec.get("features", {})
    for key in ("words", "characters"):
        if features.get(key):
            for names in (features[key][:-1], [*features[key], "another"]):
                table = {**codec, "features": {**features, key: names}}
                folder = changed(bundle, tmp_path / "bundle", "codec.json", json.dumps(table).encode())
                with pytest.raises(CheckpointError, match=r"codec\.json: does not fit model\.onnx: the (text|graph)"):
                    load(folder)


# ---- scores ----------------------------------------------------------------------------------------------------------


def poisoned(model: onnx.ModelProto, value: float) -> bytes:
    """The model with its first output replaced by one that is `value` throughout."""
    output = model.graph.output[0].name
    for node in model.graph.node:
        for number, name in enumerate(node.output):
            if name == output:
                node.output[number] = f"{output}_sound"
        for number, name in enumerate(node.input):
            if name == output:
                node.input[number] = f"{output}_sound"
    model.graph.initializer.append(numpy_helper.from_array(np.array(value, dtype=np.float32), "poison"))
    model.graph.node.append(helper.make_node("Add", [f"{output}_sound", "poison"], [output]))
    return model.SerializeToString()


@pytest.mark.slow(reason="trains and exports a model of every task, shared by the tests here")
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_no_numbers_are_refused(bundle: Path, value: float, tmp_path: Path) -> None:
    content = poisoned(onnx.load(bundle / "model.onnx"), value)
    folder = changed(bundle, tmp_path / "bundle", "model.onnx", content)
    with pytest.raises(CheckpointError, match=r"the model's output '\w+' holds (nan|inf)"):
        load(folder)


def test_a_text_whose_scores_are_no_numbers_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A graph that is sound for one text and not for another: no answer is made of what is no number."""
    predictor = load(threads=1)
    whole = OnnxBackend.forward

    def spoilt(*arguments: Any, **named: Any) -> Any:
        outputs = whole(*arguments, **named)
        outputs["heads"] = np.full_like(outputs["heads"], np.nan)
        return outputs

    assert predictor("Ada left Leeds.") is not None
    monkeypatch.setattr(OnnxBackend, "forward", spoilt)
    with pytest.raises(DataError, match="the model's output 'heads' holds nan; numbers"):
        predictor("Ada left Leeds.")


# ---- weights elsewhere -----------------------------------------------------------------------------------------------


def outside(name: str) -> onnx.TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", "weights.bin"), ("offset", "0"), ("length", "16")):
        tensor.external_data.add(key=key, value=value)
    return tensor


def graph(nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto]) -> onnx.GraphProto:
    axes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in ("x", "y")]
    return helper.make_graph(nodes, "outside", axes[:1], axes[1:], tensors)


def in_an_initializer() -> onnx.ModelProto:
    return helper.make_model(graph([helper.make_node("Add", ["x", "w"], ["y"])], [outside("w")]), ir_version=9)


def in_a_constant() -> onnx.ModelProto:
    nodes = [helper.make_node("Constant", [], ["w"], value=outside("w")), helper.make_node("Add", ["x", "w"], ["y"])]
    return helper.make_model(graph(nodes, []), ir_version=9)


def in_a_branch() -> onnx.ModelProto:
    result = helper.make_tensor_value_info("z", TensorProto.FLOAT, [4])
    branch = helper.make_graph([helper.make_node("Add", ["x", "w"], ["z"])], "branch", [], [result], [outside("w")])
    sure = helper.make_tensor("sure", TensorProto.BOOL, [], [True])
    node = helper.make_node("If", ["sure"], ["y"], then_branch=branch, else_branch=branch)
    return helper.make_model(graph([node], [sure]), ir_version=9)


def in_a_function() -> onnx.ModelProto:
    constant = helper.make_node("Constant", [], ["w"], value=outside("w"))
    body = [constant, helper.make_node("Add", ["a", "w"], ["b"])]
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("own", 1)]
    function = helper.make_function("own", "Shift", ["a"], ["b"], body, opsets[:1])
    node = helper.make_node("Shift", ["x"], ["y"], domain="own")
    return helper.make_model(graph([node], []), functions=[function], opset_imports=opsets, ir_version=9)


@pytest.mark.parametrize("make", [in_an_initializer, in_a_constant, in_a_branch, in_a_function])
def test_weights_in_another_file_are_refused(
    make: Callable[[], onnx.ModelProto], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is where onnxruntime would look for it: in the current directory."""
    (tmp_path / "weights.bin").write_bytes(np.arange(4, dtype=np.float32).tobytes())
    monkeypatch.chdir(tmp_path)
    content = make().SerializeToString()
    assert has_outside_data(content)
    with pytest.raises(CheckpointError, match=r"it: has weights outside it, in another file; all of them in it"):
        start(content, "it")


def test_weights_within_are_not_taken_for_outside() -> None:
    weights = numpy_helper.from_array(np.arange(4, dtype=np.float32), "w")
    content = helper.make_model(graph([helper.make_node("Add", ["x", "w"], ["y"])], [weights]), ir_version=9)
    assert not has_outside_data(content.SerializeToString())
    weights.data_location = TensorProto.DEFAULT  # written out: the number 0 says that they are here
    content = helper.make_model(graph([helper.make_node("Add", ["x", "w"], ["y"])], [weights]), ir_version=9)
    assert not has_outside_data(content.SerializeToString())
    session = start(content.SerializeToString(), "it")
    assert session.run(None, {"x": np.ones(4, np.float32)})[0].tolist() == [1, 2, 3, 4]


def test_a_graph_cut_short_anywhere_is_refused() -> None:
    whole = in_an_initializer().SerializeToString()
    for size in range(1, len(whole)):
        with pytest.raises(CheckpointError):
            start(whole[:size], "it")
