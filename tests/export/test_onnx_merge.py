"""Merging products that share their left side: the same numbers from fewer nodes."""

from __future__ import annotations

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from spanloom.export.onnx_merge import merge_products

SIZES = {"query": 3, "key": 5, "plain": 2, "other": 4}


def graph() -> ModelProto:
    """x -> query and key, each with a bias, plain and other without."""
    rng = np.random.default_rng(0)
    constants = {f"{name}.weight": rng.normal(size=(4, size)) for name, size in SIZES.items()}
    constants["last.weight"] = rng.normal(size=(4, 2))
    constants |= {f"{name}.bias": rng.normal(size=SIZES[name]) for name in ("query", "key")}
    nodes = [helper.make_node("MatMul", ["x", f"{name}.weight"], [f"{name}.product"]) for name in SIZES]
    nodes.append(helper.make_node("Add", ["query.bias", "query.product"], ["query"]))
    nodes.append(helper.make_node("Add", ["key.product", "key.bias"], ["key"]))
    nodes.append(helper.make_node("MatMul", ["other.product", "last.weight"], ["alone"]))
    outputs = {"query": 3, "key": 5, "plain.product": 2, "alone": 2}
    made = helper.make_graph(
        nodes,
        "products",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, None, 4])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None, size]) for name, size in outputs.items()],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in constants.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def run(model: ModelProto, x: np.ndarray) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_outputs()]
    return dict(zip(names, session.run(names, {"x": x}), strict=True))


def test_merged_products_give_the_same_numbers() -> None:
    x = np.random.default_rng(1).normal(size=(2, 7, 4)).astype(np.float32)
    model = graph()
    wanted = run(model, x)
    merge_products(model.graph)
    checker.check_model(model)
    found = run(model, x)
    assert list(found) == list(wanted)
    for name, values in wanted.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6, atol=1e-6, err_msg=name)


def test_one_product_remains_of_those_that_share_input_and_form() -> None:
    model = graph()
    merge_products(model.graph)
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("MatMul") == 3  # query with key, plain with other, and the one with an input of its own
    assert kinds.count("Add") == 1
    assert kinds.count("Split") == 2
    assert {tensor.name for tensor in model.graph.initializer}.isdisjoint({"query.weight", "key.bias", "other.weight"})
    assert "last.weight" in {tensor.name for tensor in model.graph.initializer}


def test_merging_twice_changes_nothing_more() -> None:
    model = graph()
    merge_products(model.graph)
    once = model.SerializeToString()
    merge_products(model.graph)
    assert model.SerializeToString() == once
