"""Activations made even: the same numbers in float32, and closer ones in 8 bits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from spanloom.export.onnx_smooth import peaks, smooth_products
from spanloom.export.quantize import quantize_int8

WIDTH = 32


def graph(scales: np.ndarray) -> ModelProto:
    """x -> features of these scales -> three products of them, the third of which goes into a fourth."""
    rng = np.random.default_rng(0)
    constants = {name: rng.normal(size=(WIDTH, WIDTH)) for name in ("a.weight", "b.weight", "c.weight", "d.weight")}
    constants["scales"] = scales
    nodes = [helper.make_node("Mul", ["x", "scales"], ["features"])]
    nodes += [helper.make_node("MatMul", ["features", f"{name}.weight"], [name]) for name in ("a", "b", "c")]
    nodes += [helper.make_node("Tanh", ["c"], ["c.tanh"]), helper.make_node("MatMul", ["c.tanh", "d.weight"], ["d"])]
    shape = [None, None, WIDTH]
    made = helper.make_graph(
        nodes,
        "products",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("a", "b", "d")],
        [numpy_helper.from_array(np.asarray(array, dtype=np.float32), name) for name, array in constants.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def run(model: ModelProto | bytes, x: np.ndarray) -> Sequence[np.ndarray]:
    content = model if isinstance(model, bytes) else model.SerializeToString()
    found: Sequence[np.ndarray] = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(
        ["a", "b", "d"], {"x": x}
    )
    return found


def drawn(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(2, 9, WIDTH)).astype(np.float32)


UNEVEN = np.where(np.arange(WIDTH) % 11 == 3, 60.0, 1.0)
"""A few features far larger than the others."""


def test_peaks_are_the_largest_sizes_that_went_in() -> None:
    found = peaks(graph(UNEVEN), [{"x": drawn(1)}, {"x": drawn(2)}])
    both = np.concatenate([drawn(1), drawn(2)]).reshape(-1, WIDTH)
    np.testing.assert_allclose(found["features"], np.abs(both * UNEVEN).max(axis=0), rtol=1e-6)
    assert set(found) == {"features", "c.tanh"}
    assert peaks(graph(UNEVEN), []) == {}


def test_the_float_graph_gives_the_same_numbers() -> None:
    model = graph(UNEVEN)
    wanted = run(model, drawn(3))
    smooth_products(model.graph, peaks(model, [{"x": drawn(1)}]))
    checker.check_model(model)
    for values, before in zip(run(model, drawn(3)), wanted, strict=True):
        np.testing.assert_allclose(values, before, rtol=1e-4, atol=1e-4)
    assert [node.op_type for node in model.graph.node].count("Mul") == 2  # one for the three that share it


def test_even_features_and_unknown_ones_stay_as_they_are() -> None:
    for feeds in ([{"x": np.ones((1, 2, WIDTH), dtype=np.float32)}], []):
        model = graph(np.ones(WIDTH))
        before = model.SerializeToString()
        smooth_products(model.graph, {name: peak for name, peak in peaks(model, feeds).items() if name == "features"})
        assert model.SerializeToString() == before


@pytest.mark.parametrize("seed", range(3))
def test_in_8_bits_what_is_even_is_closer(tmp_path: Path, seed: int) -> None:
    onnx.save(graph(UNEVEN), tmp_path / "plain.onnx")
    wanted = run(graph(UNEVEN), drawn(10 + seed))
    off = []
    for feeds in ([], [{"x": drawn(seed)}]):
        quantize_int8(tmp_path / "plain.onnx", tmp_path / "small.onnx", feeds)
        found = run((tmp_path / "small.onnx").read_bytes(), drawn(10 + seed))
        errors = [one - other for one, other in zip(found[:2], wanted[:2], strict=True)]
        off.append(float(np.sqrt(np.mean(np.square(errors)))))
    assert off[1] < off[0] / 1.5
