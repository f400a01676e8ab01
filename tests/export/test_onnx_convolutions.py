"""Filters in 8 bits: each as close as its own largest weight allows, and small or depthwise ones as they are."""

from __future__ import annotations

from itertools import product

import numpy as np
import onnxruntime
import pytest
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from spanloom.core import Array
from spanloom.export.onnx_convolutions import LEAST, rounded_filters, shrink_convolutions

WIDE, SIDE = 64, 3
"""Channels and places of a filter: 64 * 64 * 9 weights are worth their while."""


def convolution(weights: Array, group: int = 1) -> ModelProto:
    """y = x convolved with [O, I, k, k]."""
    node = helper.make_node("Conv", ["x", "filters"], ["y"], name="conv")
    if group > 1:
        node.attribute.append(helper.make_attribute("group", group))
    graph = helper.make_graph(
        [node],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, weights.shape[1] * group, None, None])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, None, None, None])],
        [numpy_helper.from_array(weights.astype(np.float32), "filters")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def run(model: ModelProto, x: Array) -> Array:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["y"], {"x": x})[0]  # type: ignore[no-any-return]


def by_loop(x: Array, filters: Array) -> Array:
    """[I, h, w] and [O, I, k, k] -> [O, h - k + 1, w - k + 1], place by place."""
    side = filters.shape[2]
    found = np.zeros((len(filters), x.shape[1] - side + 1, x.shape[2] - side + 1))
    for out, row, column in product(*map(range, found.shape)):
        found[out, row, column] = (x[:, row : row + side, column : column + side] * filters[out]).sum()
    return found


def test_a_filter_is_off_by_half_a_step_of_its_own_scale_at_most() -> None:
    weights = np.array([[[[1.27, -0.634], [0.0, 0.005]]], [[[254.0, 1.0], [-3.1, 127.0]]], [[[0.0] * 2] * 2]])
    rounded, scale = rounded_filters(weights.astype(np.float32))
    assert rounded.dtype == np.int8
    assert rounded[:2].tolist() == [[[[127, -63], [0, 0]]], [[[127, 0], [-2, 64]]]]  # 0.5 of a step is rounded to even
    assert scale[:2].ravel() == pytest.approx([0.01, 2.0], rel=1e-6)
    assert np.abs(rounded * scale - weights).max(axis=(1, 2, 3)) == pytest.approx([0.005, 1.0, 0.0], rel=1e-4)
    assert not rounded[2].any()  # a filter of zeros divides by no zero


def test_a_large_convolution_computes_with_the_rounded_filters_from_a_third_of_the_bytes() -> None:
    draw = np.random.default_rng(0)
    weights = draw.normal(size=(WIDE, WIDE, SIDE, SIDE)).astype(np.float32)
    weights[3] *= 1000.0  # one large filter must not cost the others anything
    model = convolution(weights)
    before = len(model.SerializeToString())
    shrink_convolutions(model.graph)
    checker.check_model(model)
    assert len(model.SerializeToString()) < before / 3
    kinds = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    assert kinds == {"y.filters.int8": TensorProto.INT8, "y.filters.scale": TensorProto.FLOAT}
    x = draw.normal(size=(WIDE, 5, 4)).astype(np.float32)
    rounded, scale = rounded_filters(weights)
    expected = by_loop(x.astype(np.float64), rounded.astype(np.float64) * scale)
    assert run(model, x[None])[0] == pytest.approx(expected, rel=1e-4, abs=1e-2)
    exact = by_loop(x.astype(np.float64), weights.astype(np.float64))
    allowed = np.abs(weights).max(axis=(1, 2, 3)) / 254 * np.abs(x).sum()  # half a step of each weight, all to one side
    assert (np.abs(expected - exact).max(axis=(1, 2)) <= allowed).all()
    assert np.abs(expected - exact).max() > 0


@pytest.mark.parametrize(
    ("weights", "group"),
    [
        (np.ones((LEAST // 90, 10, SIDE, SIDE)), 1),  # small: 9,990 weights
        (np.ones((LEAST, 1, 1, 1)), LEAST),  # depthwise
    ],
)
def test_small_and_depthwise_convolutions_stay(weights: Array, group: int) -> None:
    model = convolution(weights, group)
    before = model.SerializeToString()
    shrink_convolutions(model.graph)
    assert model.SerializeToString() == before


def test_filters_that_are_computed_stay() -> None:
    """Such as those that an input gives: there is nothing constant to round."""
    model = convolution(np.ones((WIDE, WIDE, SIDE, SIDE)))
    model.graph.input.append(helper.make_tensor_value_info("filters", TensorProto.FLOAT, [WIDE, WIDE, SIDE, SIDE]))
    del model.graph.initializer[:]
    before = model.SerializeToString()
    shrink_convolutions(model.graph)
    assert model.SerializeToString() == before
