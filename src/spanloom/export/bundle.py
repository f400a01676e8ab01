"""A training run as a bundle that needs no torch: scored before and after, and refused if it lost too much."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import onnxruntime

from spanloom import __version__
from spanloom.config import load_config
from spanloom.contracts import Codec, Task
from spanloom.core import Example
from spanloom.decode.rows import predict_rows
from spanloom.errors import CheckpointError, ConfigError, ExportRefused, MissingExtra
from spanloom.export.quantize import quantize_int8
from spanloom.metrics.by_source import best, score
from spanloom.predict.bundle import (
    CARD,
    CODEC,
    FORMAT,
    GOLDEN,
    MANIFEST,
    MODEL,
    TOKENIZER,
    WRITTEN,
    OnnxBackend,
    open_bundle,
    require_replaceable,
    sha256,
    start,
)
from spanloom.tasks import find_task
from spanloom.text.counts import several
from spanloom.write.folders import aside, recover, replace, workshop
from spanloom.write.lines import write_lines

try:
    import onnxscript  # noqa: F401  torch.onnx writes with it
    import torch
    from torch import nn

    from spanloom.check.data import read_dev
    from spanloom.engine.evaluate import TorchBackend
    from spanloom.engine.model_folder import load_model, read_letters
    from spanloom.export.to_onnx import evenly_chosen, largest_difference, to_onnx
except ModuleNotFoundError as error:
    if (error.name or "").startswith("spanloom"):
        raise
    raise MissingExtra("Exporting a run", "train") from error

GOLDEN_LIMIT = 500
"""Golden sentences at most, spread over the dev data. With few, a single fact would weigh as much as `max_drop`."""

PATHS = re.compile(r'([`"])(?:/|[A-Za-z]:[/\\]|[/\\]{2})[^`"\n]*?[/\\]*([^/\\`"\n]+)[/\\]*\1')
"""A whole path, of Linux, macOS or Windows, in the quotes that cards put around one, and its last name."""

Precision = Literal["int8", "fp32"]
Quantize = Callable[[Path, Path], None]


@dataclass(frozen=True)
class Exported:
    """What is exported: a task, its codec, a trained model, the examples to score it on, its card, its scripts."""

    task: Task
    codec: Codec
    model: nn.Module
    golden: Sequence[Example]
    card: Path
    scripts: Mapping[str, int] | None = None


def export(
    run: Path,
    output: Path,
    max_drop: float = 0.5,
    golden: Path | None = None,
    precision: Precision = "int8",
) -> dict[str, Any]:
    """Write the bundle of a run, and return what its `bundle.json` says.

    max_drop: how many points (hundredths of the task's score) the bundle may lose against the run. golden: data to
    score on in place of the run's dev data, whose sentences the bundle then has in it; it has none of the dev data.
    precision: "int8" or, four times as large and half as fast, "fp32". Raises ExportRefused, with nothing left
    behind, when the bundle loses more than that; CheckpointError for a damaged run or a place that cannot be written;
    ConfigError when there is nothing to score on.
    """
    task, config, codec, model = load_model(run, find_task)
    settings = run / "config.toml"
    data = load_config(settings, [], lambda name: find_task(name).config).data if settings.is_file() else config.data
    if golden is None:
        part = read_dev(task, dataclasses.replace(config, data=data))
        if part is None:
            raise ConfigError(str(run), "the run has no dev data to score its export on", "", "Give it --golden.")
        read = part.examples
    else:
        read = [example for example in task.read(golden, data) if example.gold is not None]
        if not read:
            raise ConfigError(str(golden), "no sentence with gold in it", "some to score on", "Name other data.")
    examples = evenly_chosen(read, GOLDEN_LIMIT)
    exported = Exported(task, codec, model, examples, run / CARD, read_letters(run))
    return write_bundle(exported, output, max_drop, keep_golden=golden is not None, precision=precision)


def write_bundle(
    exported: Exported,
    output: Path,
    max_drop: float,
    *,
    keep_golden: bool = False,
    precision: Precision = "int8",
    quantize: Quantize | None = None,
) -> dict[str, Any]:
    """Export, score, and move the finished folder to `output`, replacing an older bundle but nothing else.

    A process killed at any moment leaves the older bundle, or the new one, whole; where it was stopped between the two
    renames, the older is called `.NAME.replaced` until the next export to this place.
    """
    place = Path(os.path.realpath(output))  # of a link, what it points at is replaced
    try:
        recover(place, WRITTEN)
        if os.path.lexists(aside(place)):
            found = "is in the way: it holds what stood in an older bundle and no export wrote"
            raise ConfigError(str(aside(place)), found, remedy="Move it away, or choose another --output.")
        require_replaceable(place)
        with workshop(place) as work:
            folder = work / "bundle"
            folder.mkdir()
            manifest = _fill(exported, work, folder, precision, quantize or quantize_int8)
            _refuse_loss(manifest, output, max_drop)
            manifest["max_drop"] = max_drop
            manifest["golden"]["stored"] = keep_golden
            _finish(exported, folder, manifest, keep_golden)
            _probe(exported, folder)
            require_replaceable(place)  # again, as minutes may have passed
            replace(folder, place, WRITTEN)
    except OSError as error:
        found = f"could not be written ({error.strerror or error})"
        raise CheckpointError(
            str(output), found, remedy="What was there is unchanged; make room or choose another place."
        ) from error
    return manifest


def _finish(exported: Exported, folder: Path, manifest: dict[str, Any], keep_golden: bool) -> None:
    """Write the golden sentences, the model card, and last of all the manifest, with the hashes of what is there."""
    if keep_golden:
        write_lines(folder / GOLDEN, map(exported.task.line, exported.golden))
    manifest["files"] = {path.name: _entry(path) for path in sorted(folder.iterdir())}
    # The card is the one file that people may edit afterwards, so it is not among the files that must not change.
    if exported.card.is_file():
        _write(folder / CARD, _without_folders(exported.card.read_text(encoding="utf-8")))
    manifest["card"] = _entry(folder / CARD) if exported.card.is_file() else None
    _write(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def _fill(exported: Exported, work: Path, folder: Path, precision: Precision, quantize: Quantize) -> dict[str, Any]:
    """Write model and codec into `folder`, score every stage, and return the manifest without its files.

    What is scored last is what is shipped: the codec is read back from its JSON, and the graph from its file.
    """
    task, codec, golden = exported.task, exported.codec, exported.golden
    inputs = [Example(example.input) for example in golden]  # without gold, whose labels training may not have had
    rows = [codec.encode(example) for example in inputs]
    plain = work / "fp32.onnx"
    outputs = to_onnx(exported.model, codec, rows, plain)
    tokenizer = codec.tokenizer_json()
    _write(folder / CODEC, json.dumps(codec.to_dict(), ensure_ascii=False) + "\n")
    if tokenizer is not None:
        _write(folder / TOKENIZER, tokenizer)
    shipped = task.load(json.loads((folder / CODEC).read_text(encoding="utf-8")), tokenizer)
    shipped_rows = [shipped.encode(example) for example in inputs]

    scores = {"torch": _score(exported, predict_rows(TorchBackend(exported.model), codec, rows, check=None))}
    graph = OnnxBackend(start(plain.read_bytes(), "the exported graph"))
    difference = largest_difference(exported.model, graph, codec, rows)
    scores["fp32"] = _score(exported, predict_rows(graph, shipped, shipped_rows))
    if precision == "int8":
        quantize(plain, folder / MODEL)
        graph = OnnxBackend(start((folder / MODEL).read_bytes(), "the quantized graph"))
        scores["int8"] = _score(exported, predict_rows(graph, shipped, shipped_rows))
    else:
        shutil.move(plain, folder / MODEL)
    return {
        "format": FORMAT,
        "spanloom": __version__,
        "task": task.name,
        "precision": precision,
        "scores": scores,
        "drop": round(100 * (scores["torch"]["best"] - scores[precision]["best"]), 2),
        "fp32_difference": difference,
        "golden": {"examples": len(golden)},
        "inputs": [node.name for node in graph.session.get_inputs()],
        "outputs": outputs,
        **({} if exported.scripts is None else {"scripts": exported.scripts}),
        "versions": {"torch": torch.__version__, "onnx": version("onnx"), "onnxruntime": onnxruntime.__version__},
    }


def _score(exported: Exported, answers: Sequence[Any]) -> dict[str, Any]:
    scorecard = score(exported.task, exported.golden, answers, exported.codec)
    return {"best": best(exported.task, scorecard), "summary": scorecard.get("summary", {})}


def _refuse_loss(manifest: Mapping[str, Any], output: Path, max_drop: float) -> None:
    precision, drop = manifest["precision"], manifest["drop"]
    if drop <= max_drop and math.isfinite(drop):
        return
    before, after = (100 * manifest["scores"][name]["best"] for name in ("torch", precision))
    raise ExportRefused(
        str(output),
        f"{precision} scores {after:.2f} where the run scores {before:.2f}, "
        f"on {several(manifest['golden']['examples'], 'sentence')}: {drop:.2f} points lost",
        f"{max_drop:.2f} points at most",
        "Export with --precision fp32, or allow more with --max-drop." if precision == "int8" else "",
    )


def _probe(exported: Exported, folder: Path) -> None:
    """Open the finished bundle as a user would, and check that it answers as the graph that was scored."""
    bundle = open_bundle(folder, lambda _: exported.task, threads=1)
    examples = [Example(example.input) for example in evenly_chosen(exported.golden, 16)]
    again = predict_rows(bundle.backend, bundle.codec, [bundle.codec.encode(example) for example in examples])
    graph = OnnxBackend(start((folder / MODEL).read_bytes(), str(folder)))
    first = predict_rows(graph, bundle.codec, [exported.codec.encode(example) for example in examples])
    assert again == first, "the bundle as opened answers differently from the graph that was scored"


def _without_folders(card: str) -> str:
    """A card without where on this machine its data lie: of each path the last name."""
    return PATHS.sub(r"\1\2\1", card)


def _entry(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"sha256": sha256(content), "bytes": len(content)}


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
