"""A training run as a bundle that needs no torch: scored before and after, and refused if it lost too much."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from spanloom.batch.evenly import evenly_chosen
from spanloom.config import load_config
from spanloom.config.data import GIVEN
from spanloom.core import Example
from spanloom.decode.rows import predict_rows
from spanloom.errors import CheckpointError, ConfigError, MissingExtra
from spanloom.export.card import bundle_card
from spanloom.export.pieces import Keep
from spanloom.export.quantize import quantize_int8
from spanloom.predict.bundle import (
    CARD,
    GOLDEN,
    MANIFEST,
    MODEL,
    WRITTEN,
    OnnxBackend,
    open_bundle,
    require_replaceable,
    sha256,
    start,
)
from spanloom.tasks import find_task
from spanloom.write.folders import aside, recover, replace, workshop
from spanloom.write.lines import write_lines

try:
    import onnxscript  # noqa: F401  torch.onnx writes with it

    from spanloom.check.data import read_dev
    from spanloom.engine.model_folder import load_model, read_letters
    from spanloom.export.stages import Exported, Filled, Precision, Quantize, fill, refuse_loss, write_text
except ModuleNotFoundError as error:
    if (error.name or "").startswith("spanloom"):
        raise
    raise MissingExtra("Exporting a run", "train") from error

GOLDEN_LIMIT = 500
"""Golden sentences at most, spread over the dev data. With few, a single fact would weigh as much as `max_drop`."""


def export(
    run: Path,
    output: Path,
    max_drop: float = 0.5,
    golden: Path | Sequence[Example] | None = None,
    precision: Precision = "int8",
    keep: Keep | None = None,
) -> dict[str, Any]:
    """Write the bundle of a run, and return what its `bundle.json` says.

    max_drop: how many points (hundredths of the task's score) the bundle may lose against the run. golden: data to
    score on in place of the run's dev data; of a file the bundle then has the sentences in it, it has none of dev data.
    precision: "int8"; "int4", whose tables of vectors have 4 bits, not only those that came so; or, four times as large
    and half as fast, "fp32". keep: which pieces of words, None for all. Raises ExportRefused, with nothing left behind,
    when the bundle loses more than that; CheckpointError for a damaged run or a place that cannot be written;
    ConfigError when there is nothing to score on, or nothing to keep pieces of.
    """
    task, config, codec, model = load_model(run, find_task)
    settings = run / "config.toml"
    data = load_config(settings, [], lambda name: find_task(name).config).data if settings.is_file() else config.data
    if data.dev is not None and data.dev.name == GIVEN["dev"].name:  # by a program that is gone
        data = dataclasses.replace(data, dev=None)
    if golden is None:
        part = read_dev(task, dataclasses.replace(config, data=data))
        if part is None:
            remedy = "Name some with --golden."
            raise ConfigError(str(run), "the run has no dev data to score its export on", remedy=remedy)
        read = part.examples
    else:
        given = task.read(golden, data) if isinstance(golden, Path) else golden
        read = [example for example in given if example.gold is not None]
        if not read:
            found, where = "no sentence with gold in it", str(golden) if isinstance(golden, Path) else "golden"
            raise ConfigError(where, found, "some to score the export on", "Name other data.")
    examples = evenly_chosen(read, GOLDEN_LIMIT)
    model.float()  # a table that trained in float16 as well: graphs are in float32 until they are quantized
    exported = Exported(task, codec, model, examples, run / CARD, keep, read_letters(run))
    return write_bundle(exported, output, max_drop, keep_golden=isinstance(golden, Path), precision=precision)


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
            small = partial(quantize_int8, short_tables=precision == "int4")
            filled = fill(exported, work, folder, precision, quantize or small)
            manifest = filled.manifest
            refuse_loss(manifest, output, max_drop)
            manifest["max_drop"] = max_drop
            manifest["golden"]["stored"] = keep_golden
            _finish(exported, folder, manifest, keep_golden)
            _probe(exported, filled, folder)
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
        write_lines(folder / GOLDEN, map(exported.task.whole or exported.task.line, exported.golden))
    manifest["files"] = {path.name: _entry(path) for path in sorted(folder.iterdir())}
    # The card is the one file that people may edit afterwards, so it is not among the files that must not change.
    if exported.card.is_file():
        write_text(folder / CARD, bundle_card(exported.card.read_text(encoding="utf-8"), manifest))
    manifest["card"] = _entry(folder / CARD) if exported.card.is_file() else None
    write_text(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def _probe(exported: Exported, filled: Filled, folder: Path) -> None:
    """Open the finished bundle as a user would, and check that it answers as the graph that was scored."""
    bundle = open_bundle(folder, lambda _: exported.task, threads=1)
    examples = [Example(example.input) for example in evenly_chosen(exported.golden, 16)]
    again = predict_rows(bundle.backend, bundle.codec, [bundle.codec.encode(example) for example in examples])
    graph = OnnxBackend(start((folder / MODEL).read_bytes(), str(folder)))
    first = predict_rows(graph, filled.codec, [filled.codec.encode(example) for example in examples])
    assert again == first, "the bundle as opened answers differently from the graph that was scored"


def _entry(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"sha256": sha256(content), "bytes": len(content)}
