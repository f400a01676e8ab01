"""A float32 ONNX graph as an int8 one, a quarter of the size."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from spanloom.core import Arrays


def quantize_int8(source: Path, target: Path, feeds: Sequence[Arrays] = (), short_tables: bool = False) -> None:
    """Weights as int8: a scale for each column of a product, for each row of an embedding table, and for each filter of
    a convolution over pictures, whose products stay in floats (`onnx_convolutions.py`).

    A table that came in 4-bit blocks and was not trained stays in such, see `onnx_blocks.py`. short_tables: so does
    every other whose width allows it, though it loses something.

    feeds: inputs of the graph, from which it is told which activations are uneven; see `onnx_smooth.py`.

    Activations are scaled as they come. See `onnx_weights.py` for why 8 bits are safe on processors without VNNI:
    a bundle travels to machines that nobody has scored it on.
    https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
    """
    from onnx import load
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    from spanloom.export.onnx_blocks import quantize_blocks
    from spanloom.export.onnx_convolutions import shrink_convolutions
    from spanloom.export.onnx_graph import load_graph, rewrite
    from spanloom.export.onnx_merge import merge_products
    from spanloom.export.onnx_rows import quantize_rows
    from spanloom.export.onnx_smooth import peaks, smooth_products
    from spanloom.export.onnx_weights import rescale_weights

    folded = source.with_suffix(".folded.onnx")
    with quiet():
        # Folding constants comes first: LSTM weights that are still computed in the graph would stay float32.
        quant_pre_process(source, folded, skip_symbolic_shape=True)
        rewrite(folded, merge_products, shrink_convolutions)
        found = peaks(load(folded), feeds)
        rewrite(
            folded, partial(smooth_products, found=found), partial(quantize_blocks, lossy=short_tables), quantize_rows
        )
        quantize_dynamic(
            folded,
            target,
            op_types_to_quantize=["MatMul", "LSTM"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True},
        )
        rewrite(target, partial(rescale_weights, floats=load_graph(folded)))


EXPORTERS = ("torch", "onnxscript", "onnx_ir")
"""What writes a graph."""


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the exporter's notes on its own insides: they tell the user nothing that they could act upon."""
    # Those below them may have levels of their own.
    below = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in EXPORTERS]
    loggers = [logging.getLogger(name) for name in ("root", *EXPORTERS, *below)]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
