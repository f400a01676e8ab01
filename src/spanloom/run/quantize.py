"""A float32 ONNX graph as an int8 one, a quarter of the size."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def quantize_int8(source: Path, target: Path) -> None:
    """Weights as int8, a scale for each channel, embeddings included; activations are scaled as they come.

    Seven bits of the eight are used: 8-bit weights can overflow, without a sign of it, on processors with AVX2 but no
    VNNI, and a bundle travels to machines that nobody has scored it on.
    https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    from spanloom.nn.onnx_merge import merge_products_of

    folded = source.with_suffix(".folded.onnx")
    with quiet():
        # Folding constants comes first: LSTM weights that are still computed in the graph would stay float32.
        quant_pre_process(source, folded, skip_symbolic_shape=True)
        merge_products_of(folded)
        quantize_dynamic(
            folded,
            target,
            op_types_to_quantize=["MatMul", "Gemm", "LSTM", "Gather"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True},
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the exporter's notes on its own insides: they tell the user nothing that they could act upon."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export", "onnxscript", "onnx_ir", "root")]
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
