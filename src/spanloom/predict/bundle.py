"""A bundle: one folder with an exported model and all that prediction needs. NumPy, onnxruntime and tokenizers only.

model.onnx       the graph; its inputs are `Batch.inputs`, its outputs what `Codec.decode` takes
codec.json       `Codec.to_dict()`
tokenizer.json   where the codec has one
golden.jsonl     the sentences that it was scored on, where they were named for it
bundle.json      format, task, precision, hashes, versions, scores before and after the export
README.md        the model card
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime

from spanloom.contracts import Codec, Task
from spanloom.core import Array, Arrays, Row
from spanloom.errors import CheckpointError, ConfigError
from spanloom.predict.company import batches_of, may_be_together
from spanloom.predict.device import processors, providers_for, require_device
from spanloom.predict.graph_bytes import has_outside_data
from spanloom.predict.outcomes import Device
from spanloom.predict.probe import Misfit, probe
from spanloom.text.scripts import Scripts

FORMAT = 1
MANIFEST = "bundle.json"
MODEL = "model.onnx"
CODEC = "codec.json"
TOKENIZER = "tokenizer.json"
GOLDEN = "golden.jsonl"
CARD = "README.md"
NEEDED = (MODEL, CODEC)
WRITTEN = (MODEL, CODEC, TOKENIZER, GOLDEN, CARD, MANIFEST)
"""All that an export writes, the manifest last."""

AFTER = "_after"
"""A graph cannot name an output as it does an input: what goes on from one batch to the next has this behind it."""

DAMAGED = "Copy the bundle again, or export it again."


@dataclass(frozen=True)
class OnnxBackend:
    """An exported graph; see `Backend`. session: of one thread. workers: how many batches are run at the same time.
    silent: onnxruntime does not print what it raises. together: rows of like length go through it in batches.

    Rows are run one at a time, unpadded, unless that makes no difference to any answer, see `company.py`: an int8 graph
    scales its activations over a whole batch, so that neighbours would leak into each other.
    """

    session: onnxruntime.InferenceSession
    workers: int = 1
    silent: bool = False
    together: bool = False

    def batches(self, rows: Sequence[Row]) -> list[list[int]]:
        return batches_of(rows, self.workers) if self.together else [[number] for number in range(len(rows))]

    def forward(self, inputs: Mapping[str, Array]) -> Arrays:
        """Inputs that the graph does not use are left out."""
        fed = {node.name: inputs[node.name] for node in self.session.get_inputs()}
        names = [node.name for node in self.session.get_outputs()]
        options = None
        if self.silent:
            options = onnxruntime.RunOptions()
            options.log_severity_level = 4
        found = zip(names, self.session.run(names, fed, options), strict=True)
        return {shorter if (shorter := name.removesuffix(AFTER)) in fed else name: array for name, array in found}


@dataclass(frozen=True)
class Bundle:
    """An opened bundle. Safe to use from several threads at once."""

    folder: Path
    task: Task
    codec: Codec
    manifest: Mapping[str, Any]
    backend: OnnxBackend
    scripts: Scripts | None = None


def open_bundle(
    folder: Path, find_task: Callable[[str], Task], threads: int | None = None, device: Device = "auto"
) -> Bundle:
    """Open a bundle, after checking its format, that no file is missing, that each is as it was exported, and that
    they fit each other.

    threads: how many rows are run at the same time; None means one for each processor. On a GPU rows of like length go
    together, and the last digits of a score may depend on them. Raises CheckpointError naming the file that is missing,
    damaged or too new, ConfigError where there is no such device.
    """
    manifest = read_manifest(folder)
    contents = {name: _checked(folder, name, entry) for name, entry in manifest["files"].items()}
    try:
        task = find_task(manifest["task"])
    except ConfigError as error:
        raise CheckpointError(str(folder / MANIFEST), error.found, error.expected, DAMAGED) from None
    codec = _read_codec(folder / CODEC, task, contents[CODEC], contents.get(TOKENIZER))
    session = start(contents[MODEL], str(folder / MODEL), device)
    try:
        probe(task, codec, [node.name for node in session.get_inputs()], OnnxBackend(session, silent=True))
    except Misfit as error:
        found, expected = f"does not fit {MODEL}: {error}", "the files of one export"
        raise CheckpointError(str(folder / CODEC), found, expected, DAMAGED) from error
    workers = processors() if threads is None else max(threads, 1)
    together = manifest.get("precision") == "fp32" and (
        device == "cuda" or may_be_together(task, codec, OnnxBackend(session, silent=True))
    )
    backend = OnnxBackend(session, workers, together=together)
    return Bundle(folder, task, codec, manifest, backend, _scripts_of(folder, manifest))


def _scripts_of(folder: Path, manifest: Mapping[str, Any]) -> Scripts | None:
    """The scripts of the training data, None of an older bundle. Raises CheckpointError where they are none."""
    try:
        return Scripts.from_dict(manifest["scripts"]) if "scripts" in manifest else None
    except ValueError as error:
        raise CheckpointError(str(folder / MANIFEST), f"scripts: {error}", "as exported", DAMAGED) from None


def _read_codec(path: Path, task: Task, content: bytes, tokenizer: bytes | None) -> Codec:
    try:
        codec: Codec = task.load(json.loads(content), tokenizer.decode() if tokenizer is not None else None)
    except Exception as error:  # whatever values of other types lead to
        reason = " ".join((str(error) if isinstance(error, ValueError) else repr(error)).split())[:200]
        found = f"not a codec of task '{task.name}' ({reason})"
        raise CheckpointError(str(path), found, remedy="Export the bundle again.") from error
    return codec


def read_manifest(folder: Path) -> dict[str, Any]:
    """`bundle.json`, checked: a format that this version reads, a task, and the files that a bundle must have."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError:
        found = f"no {MANIFEST} in this folder" if folder.is_dir() else "no such folder"
        raise CheckpointError(str(folder), found, "a bundle made by 'spanloom export'", "Check the path.") from None
    except (ValueError, OSError, RecursionError) as error:
        raise CheckpointError(str(path), f"not readable as JSON ({error})", remedy=DAMAGED) from None
    version = manifest.get("format") if isinstance(manifest, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise CheckpointError(str(path), f"format is {str(version)[:80]!r}", "a whole number above 0", DAMAGED)
    if version > FORMAT:
        raise CheckpointError(
            str(path),
            f"bundle format {version}, written by spanloom {str(manifest.get('spanloom', 'of a later version'))[:80]}",
            f"format {FORMAT} or older",
            "Upgrade with: pip install --upgrade spanloom",
        )
    files = manifest.get("files")
    if not isinstance(files, dict) or not isinstance(manifest.get("task"), str):
        raise CheckpointError(str(path), "no table of files, or no task", "the bundle.json of an export", DAMAGED)
    for name in NEEDED:
        if name not in files:
            raise CheckpointError(str(path), f"its table of files has no {name}", f"{' and '.join(NEEDED)}", DAMAGED)
    return dict(manifest)


def require_replaceable(folder: Path) -> None:
    """Raise ConfigError unless a new bundle may take this place: nothing is there, or all of it is as exported.

    What no export wrote, or somebody changed since, may be the only copy of it.
    """
    if not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir())):
        return
    remedy = "Choose another --output, or move it away first."
    try:
        manifest = read_manifest(folder) if folder.is_dir() else None
    except CheckpointError:
        manifest = None
    if manifest is None:
        raise ConfigError(str(folder), "exists and is not a bundle", "a new folder, or a bundle to replace", remedy)
    unnoted = "card" not in manifest  # older exports noted down nothing of it
    for path in sorted(folder.iterdir()):
        if path.name == MANIFEST and path.is_file():
            continue
        entry = manifest.get("card") if path.name == CARD else manifest["files"].get(path.name)
        known = entry is not None or (path.name == CARD and unnoted)
        if path.name not in WRITTEN or not known or path.is_symlink() or not path.is_file():
            found, expected = f"holds {path.name!r}, which no export wrote", "a bundle and nothing else"
            raise ConfigError(str(folder), found, expected, f"Move {path.name!r} away, or choose another --output.")
        if path.name == CARD and unnoted:
            continue
        if not isinstance(entry, dict) or entry.get("sha256") != sha256(path.read_bytes()):
            found, expected = f"{path.name!r} was changed since its export", "a bundle as it was exported"
            raise ConfigError(str(folder), found, expected, remedy)


def _checked(folder: Path, name: str, entry: Any) -> bytes:
    """The bytes of one listed file, if they are those that were exported."""
    where = str(folder / name)
    expected = entry.get("sha256") if isinstance(entry, dict) else None
    if Path(name).name != name or not isinstance(expected, str):
        raise CheckpointError(str(folder / MANIFEST), f"the entry of file {name[:80]!r} is not valid", remedy=DAMAGED)
    try:
        content = (folder / name).read_bytes()
    except FileNotFoundError:
        raise CheckpointError(str(folder), f"{name} is missing", f"it, since {MANIFEST} lists it", DAMAGED) from None
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
        raise CheckpointError(where, f"could not be read ({error})", remedy=DAMAGED) from None
    found = sha256(content)
    if found != expected:
        raise CheckpointError(where, f"its SHA-256 is {found[:12]}…", f"{expected[:12]}… as exported", DAMAGED)
    return content


def sha256(content: bytes) -> str:
    """The hexadecimal SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def start(model: bytes, where: str, device: Device = "auto") -> onnxruntime.InferenceSession:
    """An onnxruntime session of one thread. Raises CheckpointError, citing `where`, when the graph cannot be loaded, or
    has a part of itself in other files, which onnxruntime would look for in the current directory; ConfigError where
    there is no such device.
    """
    providers = providers_for(device)
    try:
        outside = has_outside_data(model)
    except ValueError as error:
        raise CheckpointError(where, f"not an ONNX model ({error})", remedy=DAMAGED) from error
    if outside:
        raise CheckpointError(where, "has weights outside it, in another file", "all of them in it", DAMAGED)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # it keeps a plan for every shape it meets, and each sentence is its own shape
    options.log_severity_level = 3  # errors; they are raised as well
    slow = ["SkipLayerNormFusion"]  # its fused operator is slow: without it a sentence takes a tenth less time
    try:
        session = onnxruntime.InferenceSession(model, options, providers=providers, disabled_optimizers=slow)
    except Exception as error:  # onnxruntime's own exceptions share no public base class
        reason = str(error).strip().splitlines()[0][:200]
        version = onnxruntime.__version__
        raise CheckpointError(where, f"onnxruntime {version} cannot load it ({reason})", remedy=DAMAGED) from error
    require_device(session, device)
    return session
