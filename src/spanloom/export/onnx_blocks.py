"""Embedding tables in 4 bits: 32 neighbours in a row share a scale, as onnxruntime's `GatherBlockQuantized` has it.

A table that came in such blocks, and was never trained since, goes back into them without loss: of each block one whole
number from -8 to 7 for each weight is found that gives it back exactly, rounding included.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, helper

from spanloom.core import Array
from spanloom.export.onnx_graph import large_lookups, replace_nodes

BLOCK = 32
LOW, HIGH = -8, 7
CONTRIB = "com.microsoft"
AT_ONCE = 1 << 16  # blocks


class Blocks(NamedTuple):
    """numbers [N, D], int8 from -8 to 7; scales [N, D / 32], of float16 or float32. Their products, rounded to the type
    of the scales, are the weights.
    """

    numbers: Array
    scales: Array


def quantize_blocks(graph: GraphProto, lossy: bool = False) -> None:
    """Replace, in place, every lookup in a large constant table [N, D] by one in 4-bit blocks, where nothing is lost.

    lossy: also where something is.
    """
    changed = {}
    for node, rows in list(large_lookups(graph)):
        blocks = exact_blocks(rows)
        if blocks is None and lossy and rows.shape[1] % BLOCK == 0:
            blocks = nearest_blocks(rows)
        if blocks is not None:
            changed[node.output[0]] = _lookup(graph, node, blocks)
    replace_nodes(graph, changed)


def _lookup(graph: GraphProto, node: NodeProto, blocks: Blocks) -> list[NodeProto]:
    """What gives `node` its output out of blocks."""
    name = node.output[0]
    low, high = blocks.numbers[:, 0::2] & 15, blocks.numbers[:, 1::2] & 15
    packed = (low | high << 4).astype(np.uint8).tobytes()
    kind = helper.np_dtype_to_tensor_dtype(blocks.scales.dtype)
    graph.initializer.append(
        helper.make_tensor(f"{name}.blocks", TensorProto.INT4, blocks.numbers.shape, packed, raw=True)
    )
    graph.initializer.append(
        helper.make_tensor(f"{name}.scales", kind, blocks.scales.shape, blocks.scales.tobytes(), raw=True)
    )
    inputs, looked_up = [f"{name}.blocks", node.input[1], f"{name}.scales"], f"{name}.short"
    lookup = helper.make_node("GatherBlockQuantized", inputs, [looked_up], name=looked_up, domain=CONTRIB)
    sizes = {"gather_axis": 0, "quantize_axis": 1, "block_size": BLOCK}
    lookup.attribute.extend(helper.make_attribute(size, value) for size, value in sizes.items())
    return [
        lookup,
        helper.make_node("Cast", [looked_up], [name], name=f"{name}.float", to=TensorProto.FLOAT),
    ]


def exact_blocks(table: Array) -> Blocks | None:
    """The blocks that give a float32 table [N, D] back bit for bit; None where there are none."""
    if table.shape[1] % BLOCK:
        return None
    for kind in (np.float16, np.float32):
        found = []
        for part in _parts(table):
            blocks = _exact(part, kind)
            if blocks is None:
                break
            found.append(blocks)
        else:
            return _joined(found, table.shape)
    return None


def nearest_blocks(table: Array) -> Blocks:
    """Blocks whose scale is the one, of a few, that loses least in squares."""
    found = []
    for part in _parts(table):
        best, least = None, np.full(len(part), np.inf)
        for scales in _candidates(part, np.float16):
            numbers = _numbers(part, scales)
            lost = np.square(_weights(numbers, scales) - part).sum(axis=1)
            best = Blocks(numbers, scales) if best is None else _chosen(lost < least, Blocks(numbers, scales), best)
            least = np.minimum(lost, least)
        assert best is not None
        found.append(best)
    return _joined(found, table.shape)


def _exact(part: Array, kind: Any) -> Blocks | None:
    """Blocks [M, 32] whose weights are exactly these, with scales of this type; None where one block has none."""
    best = Blocks(np.zeros(part.shape, np.int8), np.zeros((len(part), 1), kind))
    open_ = part.any(axis=1)  # zeros alone need no scale
    for scales in _candidates(part, kind):
        if not open_.any():
            return best
        numbers = _numbers(part, scales)
        fits = open_ & (_weights(numbers, scales) == part).all(axis=1)
        best = _chosen(fits, Blocks(numbers, scales), best)
        open_ &= ~fits
    return None if open_.any() else best


def _candidates(part: Array, kind: Any) -> Iterator[Array]:
    """Scales [M, 1]: those by which the weight farthest from 0 is a whole number, the largest number first."""
    farthest = np.take_along_axis(part, np.abs(part).argmax(axis=1, keepdims=True), axis=1)
    with np.errstate(over="ignore", under="ignore"):
        for number in sorted((*range(LOW, 0), *range(1, HIGH + 1)), key=abs, reverse=True):
            scale = (farthest / np.float32(number)).astype(kind)
            yield scale
            if abs(number) & (abs(number) - 1):  # rounding moved the weight, so the scale may be a neighbour
                yield np.nextafter(scale, kind(-np.inf))
                yield np.nextafter(scale, kind(np.inf))


def _numbers(part: Array, scales: Array) -> Array:
    wide = scales.astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        quotient = np.where(wide == 0, np.float32(0), part / wide)
    numbers: Array = np.rint(np.clip(np.nan_to_num(quotient), LOW, HIGH)).astype(np.int8)
    return numbers


def _weights(numbers: Array, scales: Array) -> Array:
    """What the operator makes of them: the product in float32, rounded to the type of the scales."""
    with np.errstate(over="ignore", invalid="ignore"):
        product = numbers.astype(np.float32) * scales.astype(np.float32)
        return product.astype(scales.dtype).astype(np.float32)


def _chosen(better: Array, new: Blocks, old: Blocks) -> Blocks:
    chosen = [np.where(better[:, None], one, other) for one, other in zip(new, old, strict=True)]
    return Blocks(chosen[0], chosen[1])


def _parts(table: Array) -> Iterator[Array]:
    blocks = table.reshape(-1, BLOCK)
    for start in range(0, len(blocks), AT_ONCE):
        yield blocks[start : start + AT_ONCE]


def _joined(parts: list[Blocks], shape: tuple[int, ...]) -> Blocks:
    numbers = np.concatenate([part.numbers for part in parts]).reshape(shape)
    return Blocks(numbers, np.concatenate([part.scales for part in parts]).reshape(len(numbers), -1))
