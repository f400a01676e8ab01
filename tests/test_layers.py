"""The house's one rule: a file imports only from folders above its own, or from its own folder.

Imports are read with `ast`, those inside functions and under `TYPE_CHECKING` too. The checker is itself tested on bad
samples.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

# From the top: each may import from those before it. Files and folders alike; a task is a layer of its own.
LAYERS = (
    "errors",
    "axes",
    "inputs",
    "core",
    "contracts",
    "config",
    "text",
    "pixels",
    "answers",
    "read",
    "write",
    "check",
    "batch",
    "decode",
    "metrics",
    "nn",
    "encoders",
    "engine",
    "tasks",
    "predict",
    "store",
    "export",
    "serve",
    "run",
)
SHARED = {"parts", "contract", "estimate"}
"""What stands in `encoders/` beside the encoders."""
LATE = {"importlib.import_module", "__import__", "deferred"}
SERVING = {"fastapi", "starlette", "pydantic", "uvicorn", "prometheus_client"}
SPACY = {"spanloom.run.spacy_component", "spanloom.read.parts.spacy_docs"}
TORCH = {"torch", "transformers", "onnx", "onnxscript"}


def module_name(file: Path, source: Path) -> str:
    parts = list(file.relative_to(source).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.AST, module: str, is_package: bool) -> Iterator[tuple[str, int]]:
    """Every (module or name inside a module, line) that a file imports, relative ones made absolute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")
                keep = len(parents) - node.level + is_package
                base = ".".join([*parents[:keep], *([base] if base else [])])
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "importlib.import_module",
            "__import__",
            "deferred",
        ):
            yield from ((str(name.value), node.lineno) for name in node.args[:1] if isinstance(name, ast.Constant))


def home(module: str) -> str:
    """The layer of a module: `spanloom.nn.heads.crf` is in `nn`; what is in no layer is the public face, `spanloom`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS else parts[0]


def may_import_torch(module: str) -> bool:
    parts = module.split(".")
    is_model = parts[1:2] in (["tasks"], ["encoders"]) and len(parts) == 4 and parts[3] == "model"
    is_module = parts[1:4] == ["encoders", "parts", "modules"]
    is_run = module == "spanloom.predict.torch_run"
    return home(module) in ("nn", "engine", "export") or is_model or is_module or is_run


def fault(module: str, target: str) -> str | None:
    """Why `module` may not import `target`, or None if it may."""
    if target.split(".")[0] == "spacy":
        return None if module in SPACY else f"{module} may not import {target}"
    if target.split(".")[0] in SERVING:
        return None if home(module) == "serve" else f"{module} may not import {target}"
    if target.split(".")[0] == "ray":
        return None if module == "spanloom.run.cluster.pool" else f"{module} may not import {target}"
    if target.split(".")[0] in TORCH:
        return None if may_import_torch(module) else f"{module} may not import {target}"
    if {module.split(".")[0], target.split(".")[0]} == {"spanloom", "from_scratch"}:
        return f"{module} may not import {target}: from_scratch and spanloom do not know each other"
    if (
        target.split(".")[0] != "spanloom"
        or target == "spanloom.__version__"
        or module in ("spanloom", "spanloom.__main__")
    ):
        return None
    mine, theirs = home(module), home(target)
    if theirs not in LAYERS:
        return f"{module} may not import {target}: the public face is for users"
    if LAYERS.index(theirs) > LAYERS.index(mine):
        return f"{module} may not import {target}: {theirs} is below {mine}"
    if mine == theirs == "tasks" and module.count(".") > 1 and target.split(".")[2:3] != module.split(".")[2:3]:
        return f"{module} may not import {target}: a task knows no other task"
    mine_alone, theirs_alone = module.split(".")[2:3], target.split(".")[2:3]
    if mine == theirs == "encoders" and mine_alone and theirs_alone != mine_alone and not SHARED & {*theirs_alone}:
        return f"{module} may not import {target}: an encoder knows no other encoder"
    return None


def breaches(files: Mapping[str, tuple[str, bool]]) -> list[str]:
    """Every breach in `{module: (source text, is it a package)}`, import cycles between files included."""
    found = []
    edges: dict[str, set[str]] = {module: set() for module in files}
    for module, (text, is_package) in files.items():
        for target, line in imports(ast.parse(text), module, is_package):
            if why := fault(module, target):
                found.append(f"{why} (line {line})")
            known = next((name for name in (target, target.rpartition(".")[0]) if name in files), None)
            if known and known != module and module != "spanloom":
                edges[module].add(known)
    return found + [f"import cycle: {' -> '.join(cycle)}" for cycle in cycles(edges)]


def cycles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """One cycle through each edge that closes one, found by a depth-first walk."""
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> None:
        if node in path:
            found.append([*path[path.index(node) :], node])
        elif node not in done:
            for other in sorted(edges[node]):
                visit(other, [*path, node])
            done.add(node)

    for node in sorted(edges):
        visit(node, [])
    return found


def sources(repository: Path) -> dict[str, tuple[str, bool]]:
    files = {}
    for root in (repository / "src" / "spanloom", repository / "from_scratch"):
        for file in sorted(root.rglob("*.py")):
            module = module_name(file, root.parent)
            files[module] = (file.read_text(encoding="utf-8"), file.name == "__init__.py")
    return files


def test_no_file_imports_from_below_its_own_folder(repository: Path) -> None:
    files = sources(repository)
    assert "spanloom.core" in files
    assert breaches(files) == []


def test_every_folder_has_its_place_in_the_order(repository: Path) -> None:
    entries = (repository / "src" / "spanloom").iterdir()
    folders = {entry.name for entry in entries if entry.is_dir() and any(entry.glob("**/*.py"))}
    assert folders <= set(LAYERS)


@pytest.mark.parametrize(
    ("module", "text", "expected"),
    [
        ("spanloom.read.spert", "import spanloom.decode.spans", "decode is below read"),
        ("spanloom.core", "from spanloom.config import RunConfig", "config is below core"),
        ("spanloom.core", "from spanloom import config", "config is below core"),
        ("spanloom.core", "from spanloom.contracts import Task", "contracts is below core"),
        ("spanloom.inputs", "from spanloom.core import Example", "core is below inputs"),
        ("spanloom.batch.pad", "def f():\n    from spanloom.engine import step", "engine is below batch"),
        ("spanloom.batch.pad", "from ..engine.step import train_step", "engine is below batch"),
        (
            "spanloom.engine.train",
            "import importlib\nimportlib.import_module('spanloom.tasks')",
            "tasks is below engine",
        ),
        ("spanloom.read.spert", "from spanloom import load", "the public face is for users"),
        ("spanloom.tasks.joint.codec", "from spanloom.tasks.tagging import TASK", "a task knows no other task"),
        ("spanloom.tasks.joint.task", "deferred('spanloom.tasks.tag.model', 'build')", "a task knows no other task"),
        ("spanloom.tasks.joint.codec", "import torch.nn as nn", "may not import torch.nn"),
        ("spanloom.encoders.rnn.model", "import spanloom.encoders.cnn.model", "an encoder knows no other encoder"),
        ("spanloom.encoders.parts.words", "from spanloom.encoders.rnn import ENCODER", "an encoder knows no other"),
        ("spanloom.nn.heads.crf", "from spanloom.encoders.contract import Wanted", "encoders is below nn"),
        ("spanloom.encoders.parts.words", "import torch", "may not import torch"),
        ("spanloom.encoders.rnn.config", "import torch", "may not import torch"),
        ("spanloom.decode.spans", "def f():\n    import torch", "may not import torch"),
        ("spanloom.run.train", "import torch", "may not import torch"),
        ("spanloom.predict.bundle", "import spanloom.export.to_onnx", "export is below predict"),
        ("spanloom.predict.predictor", "from transformers import AutoTokenizer", "may not import transformers"),
        ("spanloom.predict.predictor", "import spacy", "may not import spacy"),
        ("spanloom.run.cli.serve", "import uvicorn", "may not import uvicorn"),
        ("spanloom.predict.predictor", "import spanloom.serve.queue", "serve is below predict"),
        ("spanloom.run.cluster.worker", "import ray", "may not import ray"),
        ("from_scratch.crf", "from spanloom.core import Span", "do not know each other"),
        ("spanloom.nn.heads.crf", "import from_scratch.crf", "do not know each other"),
    ],
)
def test_a_breach_is_found(module: str, text: str, expected: str) -> None:
    found = breaches({module: (text, False)})
    assert len(found) == 1
    assert expected in found[0]
    assert found[0].startswith(module)


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("spanloom.decode.spans", "import numpy as np\nfrom spanloom.core import Span"),
        ("spanloom.nn.heads.crf", "import torch\nfrom spanloom.nn.layers.rnn import Rnn"),
        ("spanloom.encoders.rnn.model", "import torch\nfrom spanloom.encoders.parts.modules.above import LayersAbove"),
        ("spanloom.encoders.parts.modules.above", "import torch\nfrom spanloom.nn.layers.rnn import RecurrentLayers"),
        ("spanloom.tasks.joint.model", "import torch\nfrom spanloom.tasks.joint.config import JointConfig"),
        ("spanloom.export.bundle", "import torch\nimport onnx"),
        ("spanloom.predict.bundle", "from spanloom import __version__"),
        ("spanloom.run.spacy_component", "from spacy.tokens import Doc"),
        ("spanloom.read.parts.spacy_docs", "import importlib\nimportlib.import_module('spacy')"),
        ("spanloom.serve.app", "from fastapi import FastAPI"),
        ("spanloom", "from spanloom.predict.predictor import load"),
    ],
)
def test_what_is_allowed_is_not_called_a_breach(module: str, text: str) -> None:
    assert breaches({module: (text, False)}) == []


def test_an_import_cycle_is_found() -> None:
    files = {
        "spanloom.read.one": ("from spanloom.read.two import f", False),
        "spanloom.read.two": ("def f():\n    import spanloom.read.three", False),
        "spanloom.read.three": ("from .one import g", False),
    }
    expected = "spanloom.read.one -> spanloom.read.two -> spanloom.read.three -> spanloom.read.one"
    assert breaches(files) == [f"import cycle: {expected}"]
