"""Tables and weights in 8 bits: close to their float32, and never too large where two products are added in 16 bits."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from spanloom.core import Array
from spanloom.export.onnx_graph import ROWS, load_graph, rewrite
from spanloom.export.onnx_rows import quantize_rows
from spanloom.export.onnx_weights import TOGETHER, quantized_columns, rescale_weights


def model(nodes: list[onnx.NodeProto], constants: dict[str, Array], kind: int, width: int) -> ModelProto:
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", kind, [None] if kind == TensorProto.INT64 else [None, width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, None])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def run(content: bytes, x: Array) -> Array:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(["y"], {"x": x})[0]  # type: ignore[no-any-return]


def test_rows_of_a_table_keep_their_own_precision() -> None:
    table = np.random.default_rng(0).normal(size=(ROWS, 8))
    table[3] *= 1000.0  # one large row must not cost the others anything
    table[5] = 0.0
    given = model([helper.make_node("Gather", ["table", "x"], ["y"])], {"table": table}, TensorProto.INT64, 8)
    numbers = np.array([3, 0, 5, 200])
    wanted = run(given.SerializeToString(), numbers)
    quantize_rows(given.graph)
    checker.check_model(given)
    found = run(given.SerializeToString(), numbers)
    assert (np.abs(found - wanted) <= np.abs(wanted).max(axis=1, keepdims=True) / 254 * 1.001).all()
    kinds = {tensor.name: tensor.data_type for tensor in given.graph.initializer}
    assert kinds == {"y.rows": TensorProto.INT8, "y.scale": TensorProto.FLOAT}


def test_small_tables_stay() -> None:
    table = np.ones((ROWS - 1, 4))
    given = model([helper.make_node("Gather", ["table", "x"], ["y"])], {"table": table}, TensorProto.INT64, 4)
    before = given.SerializeToString()
    quantize_rows(given.graph)
    assert given.SerializeToString() == before


@pytest.mark.parametrize("inputs", [1, 6, 64])
def test_two_neighbours_are_never_too_large_together(inputs: int) -> None:
    weight = np.random.default_rng(0).standard_cauchy(size=(inputs, 50)).astype(np.float32)  # with far outliers
    weight[:, 0] = 0.0
    weight[:, 1] = 1.0  # neighbours of the same size: the worst case
    values, scale = quantized_columns(weight)
    assert (np.abs(values * scale - weight) <= scale / 2 * 1.001).all()
    size = np.abs(values.astype(int))
    for first in range(0, inputs, 4):
        four = np.sort(size[first : first + 4], axis=0)
        assert (four[-2:].sum(axis=0) <= TOGETHER).all()
    if inputs > 4:
        assert size[:, 1].min() >= 63
        assert (size.max(axis=0)[2:] > 63).mean() > 0.9  # where seven bits would end


def test_a_rescaled_product_is_closer_than_one_of_seven_bits(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    weight, x = generator.normal(size=(64, 32)), generator.normal(size=(20, 64)).astype(np.float32)
    given = model([helper.make_node("MatMul", ["x", "weight"], ["y"])], {"weight": weight}, TensorProto.FLOAT, 64)
    floats, eight, seven = (tmp_path / f"{name}.onnx" for name in ("floats", "eight", "seven"))
    onnx.save(given, floats)
    options = {"per_channel": True, "weight_type": QuantType.QInt8, "extra_options": {"MatMulConstBOnly": True}}
    quantize_dynamic(floats, eight, op_types_to_quantize=["MatMul"], **options)
    quantize_dynamic(floats, seven, op_types_to_quantize=["MatMul"], reduce_range=True, **options)
    rewrite(eight, partial(rescale_weights, floats=load_graph(floats)))
    wanted = run(floats.read_bytes(), x)
    errors = {path.stem: np.abs(run(path.read_bytes(), x) - wanted).mean() for path in (eight, seven)}
    assert errors["eight"] < 0.9 * errors["seven"]
    assert errors["eight"] < 0.02 * np.abs(wanted).mean()


def test_rescaled_weights_of_an_lstm_are_its_own(tmp_path: Path) -> None:
    """It is quantized with its matrices turned round: a wrong turn of a square one would still fit."""
    generator, hidden = np.random.default_rng(0), 4
    constants = {"w": generator.normal(size=(1, 4 * hidden, 16)), "r": generator.normal(size=(1, 4 * hidden, hidden))}
    constants["r"][0, 0, :] = 5.0  # an unusual row: turned wrongly it would be an unusual column
    nodes = [
        helper.make_node("Unsqueeze", ["x", "axis"], ["step"]),
        helper.make_node("LSTM", ["step", "w", "r"], ["all"], hidden_size=hidden),
        helper.make_node("Squeeze", ["all", "axes"], ["y"]),
    ]
    given = model(nodes, constants, TensorProto.FLOAT, 16)
    given.graph.initializer.append(numpy_helper.from_array(np.array([1]), "axis"))
    given.graph.initializer.append(numpy_helper.from_array(np.array([1, 2]), "axes"))
    floats, quantized = tmp_path / "floats.onnx", tmp_path / "quantized.onnx"
    onnx.save(given, floats)
    quantize_dynamic(floats, quantized, op_types_to_quantize=["LSTM"], per_channel=True, weight_type=QuantType.QInt8)
    before = {tensor.name: numpy_helper.to_array(tensor) for tensor in load_graph(quantized).initializer}
    rewrite(quantized, partial(rescale_weights, floats=load_graph(floats)))
    after = {tensor.name: numpy_helper.to_array(tensor) for tensor in load_graph(quantized).initializer}
    for name in ("w", "r"):
        assert not np.array_equal(after[f"{name}_quantized"], before[f"{name}_quantized"])
        given_back = after[f"{name}_quantized"] * after[f"{name}_scale"][:, None, :]
        error = np.abs(given_back - constants[name].transpose(0, 2, 1))
        assert (error <= after[f"{name}_scale"][:, None, :] / 2 * 1.001).all()
    x = generator.normal(size=(6, 16)).astype(np.float32)
    assert np.abs(run(quantized.read_bytes(), x) - run(floats.read_bytes(), x)).mean() < 0.01
