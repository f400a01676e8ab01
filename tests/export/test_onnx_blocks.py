"""Tables in 4-bit blocks: what came in such goes back without loss, and nothing else is taken for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from spanloom.core import Array
from spanloom.export.onnx_blocks import BLOCK, exact_blocks, nearest_blocks, quantize_blocks
from spanloom.export.onnx_graph import ROWS, table_sizes
from spanloom.export.onnx_rows import quantize_rows
from spanloom.export.quantize import quantize_int8

WIDTH = 3 * BLOCK


def blocky(kind: Any, seed: int = 0) -> Array:
    """A table that came in 4-bit blocks: whole numbers times a scale for each 32, rounded to the scale's type."""
    draw = np.random.default_rng(seed)
    numbers = draw.integers(-8, 8, (ROWS, WIDTH // BLOCK, BLOCK)).astype(np.float32)
    numbers[0] = 0.0
    numbers[1] = np.maximum(numbers[1], -1.0)  # the largest number is not always 8
    numbers[2] = np.clip(numbers[2], -3.0, 3.0)
    scales = draw.normal(scale=0.01, size=(ROWS, WIDTH // BLOCK, 1)).astype(kind)  # some below 0
    scales[3] = np.finfo(kind).smallest_subnormal
    scales[4] = 100.0
    product = numbers * scales.astype(np.float32)
    return np.asarray(product.astype(kind).astype(np.float32).reshape(ROWS, WIDTH))


def model(table: Array) -> ModelProto:
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "x"], ["y"], name="lookup")],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.INT64, [None, None])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, None, None])],
        [numpy_helper.from_array(table.astype(np.float32), "table")],
    )
    domains = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=domains, ir_version=10)


def run(given: ModelProto) -> Array:
    """All rows, as onnxruntime gives them."""
    session = onnxruntime.InferenceSession(given.SerializeToString(), providers=["CPUExecutionProvider"])
    found: Array = session.run(["y"], {"x": np.arange(ROWS)[None]})[0]
    return found[0]


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_what_came_in_blocks_is_given_back_bit_for_bit(kind: Any) -> None:
    table = blocky(kind)
    blocks = exact_blocks(table)
    assert blocks is not None
    assert blocks.scales.dtype == kind
    assert (blocks.numbers.min(), blocks.numbers.max()) == (-8, 7)
    given = model(table)
    quantize_blocks(given.graph)
    checker.check_model(given)
    assert table_sizes(given.graph) == [{"rows": ROWS, "width": WIDTH, "bits": 4}]
    found = run(given)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, table)
    stored = sum(tensor.ByteSize() for tensor in given.graph.initializer)
    assert stored < table.size * (0.5 + np.dtype(kind).itemsize / BLOCK) + 200


def test_one_weight_that_was_trained_is_enough_to_stay() -> None:
    table = blocky(np.float16)
    table[ROWS // 2, 5] += 1e-4
    assert exact_blocks(table) is None
    given = model(table)
    before = given.SerializeToString()
    quantize_blocks(given.graph)
    assert given.SerializeToString() == before
    quantize_rows(given.graph)
    assert table_sizes(given.graph) == [{"rows": ROWS, "width": WIDTH, "bits": 8}]


def test_rows_that_are_no_blocks_stay() -> None:
    table = blocky(np.float16)[:, : WIDTH - 1]
    given = model(table)
    before = given.SerializeToString()
    quantize_blocks(given.graph, lossy=True)
    assert given.SerializeToString() == before
    assert table_sizes(given.graph) == [{"rows": ROWS, "width": WIDTH - 1, "bits": 32}]


def test_where_loss_is_allowed_it_is_small() -> None:
    table = np.random.default_rng(1).normal(size=(ROWS, WIDTH)).astype(np.float32)
    blocks = nearest_blocks(table)
    given = model(table)
    quantize_blocks(given.graph, lossy=True)
    found = run(given)
    np.testing.assert_array_equal(
        found,
        (blocks.numbers.reshape(-1, BLOCK) * blocks.scales.reshape(-1, 1).astype(np.float32))
        .astype(np.float16)
        .reshape(table.shape),
    )
    lost = np.square(found - table).reshape(-1, BLOCK).sum(axis=1)
    farthest = np.abs(table).reshape(-1, BLOCK).max(axis=1, keepdims=True)
    plain = np.rint(table.reshape(-1, BLOCK) / farthest * 7) * farthest / 7
    assert (lost <= np.square(plain - table.reshape(-1, BLOCK)).sum(axis=1) * 1.001).all(), "never above the plain way"
    assert lost.sum() < 0.01 * np.square(table).sum()


@pytest.mark.parametrize(("came", "short", "bits"), [(True, False, 4), (False, False, 8), (False, True, 4)])
def test_a_small_graph_has_the_tables_it_should(came: bool, short: bool, bits: int, tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    table = blocky(np.float16)
    table[4] = 0.0  # not among the largest, beside which the others are nothing in 8 bits
    given = model(table if came else table + draw.normal(scale=0.001, size=table.shape))
    given.graph.node[0].output[0] = "vectors"
    given.graph.node.append(helper.make_node("MatMul", ["vectors", "weight"], ["y"], name="product"))
    weight = draw.normal(size=(WIDTH, 32)).astype(np.float32)
    given.graph.initializer.append(numpy_helper.from_array(weight, "weight"))
    wanted = run(given)
    del given.opset_import[1]  # as PyTorch's exporter writes it
    onnx.save(given, tmp_path / "plain.onnx")
    quantize_int8(tmp_path / "plain.onnx", tmp_path / "small.onnx", short_tables=short)
    small = onnx.load(tmp_path / "small.onnx")
    assert small.ir_version <= 10
    assert {node.op_type for node in small.graph.node} >= {"MatMulInteger"}
    assert table_sizes(small.graph) == [{"rows": ROWS, "width": WIDTH, "bits": bits}]
    assert np.abs(run(small) - wanted).max() < (0.2 if short else 0.03) * np.abs(wanted).max()
