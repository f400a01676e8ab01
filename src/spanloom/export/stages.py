"""The stages of an export, each scored: the network, its float32 graph with the pieces that are kept, the small one."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import onnxruntime
import torch
from torch import nn

from spanloom import __version__
from spanloom.batch.evenly import evenly_chosen
from spanloom.contracts import Codec, Task
from spanloom.core import Arrays, Example
from spanloom.decode.rows import predict_rows
from spanloom.engine.evaluate import TorchBackend
from spanloom.errors import ExportRefused
from spanloom.export.onnx_graph import load_graph, rewrite, table_sizes
from spanloom.export.onnx_pieces import keep_rows
from spanloom.export.pieces import PIECES, Keep
from spanloom.export.to_onnx import largest_difference, to_onnx
from spanloom.metrics.by_source import best, score
from spanloom.predict.bundle import CODEC, FORMAT, MODEL, TOKENIZER, OnnxBackend, start
from spanloom.text.counts import several
from spanloom.text.kept_pieces import Kept

Precision = Literal["int8", "int4", "fp32"]
LESS_SMALL = {"int4": "int8", "int8": "fp32"}
Quantize = Callable[[Path, Path, Sequence[Arrays]], None]
"""(float32 graph, where the small one goes, inputs to try it on)"""

TRIED = 64
"""Inputs that are tried."""


@dataclass(frozen=True)
class Exported:
    """What is exported: a task, its codec, a trained model, the examples to score it on, and its model card if any.

    keep: which pieces of words it keeps, None for all. scripts: of its training texts, None where nothing tells.
    """

    task: Task
    codec: Codec
    model: nn.Module
    golden: Sequence[Example]
    card: Path
    keep: Keep | None = None
    scripts: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Filled:
    """A folder with graph and codec in it. codec: as it was read back. manifest: without its files."""

    codec: Codec
    manifest: dict[str, Any]


def fill(exported: Exported, work: Path, folder: Path, precision: Precision, quantize: Quantize) -> Filled:
    """Write model and codec into `folder`, and score every stage.

    What is scored last is what is shipped: the codec is read back from its JSON, and the graph from its file.
    """
    codec, golden = exported.codec, exported.golden
    kept = None if exported.keep is None else exported.keep.of(codec)
    inputs = [Example(example.input) for example in golden]  # without gold, whose labels training may not have had
    rows = [codec.encode(example) for example in inputs]
    plain = work / "fp32.onnx"
    outputs = to_onnx(exported.model, codec, rows, plain)
    graph = OnnxBackend(start(plain.read_bytes(), "the exported graph"))
    difference = largest_difference(exported.model, graph, codec, rows)
    if kept is not None:
        rewrite(plain, partial(keep_rows, name=PIECES, rows=kept.rows))
        graph = OnnxBackend(start(plain.read_bytes(), "the graph with fewer pieces"))
    shipped = _write_codec(exported, kept, folder)
    shipped_rows = [shipped.encode(example) for example in inputs]

    scores = {"torch": _score(exported, predict_rows(TorchBackend(exported.model), codec, rows, check=None))}
    scores["fp32"] = _score(exported, predict_rows(graph, shipped, shipped_rows))
    if precision == "fp32":
        shutil.move(plain, folder / MODEL)
    else:
        tried = evenly_chosen(shipped_rows, TRIED)
        quantize(plain, folder / MODEL, [shipped.collate([row]).inputs for row in tried])
        graph = OnnxBackend(start((folder / MODEL).read_bytes(), "the quantized graph"))
        scores[precision] = _score(exported, predict_rows(graph, shipped, shipped_rows))
    manifest = {
        "format": FORMAT,
        "spanloom": __version__,
        "task": exported.task.name,
        "precision": precision,
        "tables": table_sizes(load_graph(folder / MODEL)),
        "pieces": None if kept is None else {"kept": len(kept.rows), "of": kept.of},
        "scores": scores,
        "drop": round(100 * (scores["torch"]["best"] - scores[precision]["best"]), 2),
        "fp32_difference": difference,
        "golden": {"examples": len(golden)},
        "inputs": [node.name for node in graph.session.get_inputs()],
        "outputs": outputs,
        **({} if exported.scripts is None else {"scripts": exported.scripts}),
        "versions": {"torch": torch.__version__, "onnx": version("onnx"), "onnxruntime": onnxruntime.__version__},
    }
    return Filled(shipped, manifest)


def _write_codec(exported: Exported, kept: Kept | None, folder: Path) -> Codec:
    """Write a codec, with the pieces that are kept, and read it back."""
    codec = exported.codec
    tokenizer = codec.tokenizer_json() if kept is None else kept.tokenizer
    write_text(folder / CODEC, json.dumps(codec.shipped().to_dict(), ensure_ascii=False) + "\n")
    if tokenizer is not None:
        write_text(folder / TOKENIZER, tokenizer)
    shipped: Codec = exported.task.load(json.loads((folder / CODEC).read_text(encoding="utf-8")), tokenizer)
    return shipped


def _score(exported: Exported, answers: Sequence[Any]) -> dict[str, Any]:
    scorecard = score(exported.task, exported.golden, answers, exported.codec)
    return {"best": best(exported.task, scorecard), "summary": scorecard.get("summary", {})}


def refuse_loss(manifest: Mapping[str, Any], output: Path, max_drop: float) -> None:
    """Raise ExportRefused where the last stage lost more points than that against the first."""
    precision, drop = manifest["precision"], manifest["drop"]
    if drop <= max_drop and math.isfinite(drop):
        return
    before, after = (100 * manifest["scores"][name]["best"] for name in ("torch", precision))
    pieces = manifest["pieces"]
    cut = "" if pieces is None else f" with {pieces['kept']:,} of {several(pieces['of'], 'piece')}"
    acts = [
        *([] if pieces is None else ["keep more pieces with --keep-pieces"]),
        *([] if precision == "fp32" else [f"export with --precision {LESS_SMALL[precision]}"]),
        "allow more with --max-drop",
    ]
    remedy = f"{', '.join(acts[:-1])}, or {acts[-1]}." if len(acts) > 1 else ""
    raise ExportRefused(
        str(output),
        f"{precision}{cut} scores {after:.2f} where the run scores {before:.2f}, "
        f"on {several(manifest['golden']['examples'], 'sentence')}: {drop:.2f} points lost",
        f"{max_drop:.2f} points at most",
        remedy[:1].upper() + remedy[1:],
    )


def write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
