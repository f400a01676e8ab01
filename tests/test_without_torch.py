"""A base install has no torch: what a person does with it must work with every package of the extras blocked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BLOCKED = ("torch", "transformers", "safetensors", "onnx", "onnxscript", "matplotlib", "sklearn", "scipy")

# Runs before the code of each test: importing a blocked package fails as if it were not installed.
BLOCK = f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BLOCKED!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
"""

NEEDS_TORCH = (
    "spanloom.nn",
    "spanloom.encoders.parts.modules",
    "spanloom.engine",
    "spanloom.export",
    "spanloom.predict.torch_run",
)


def run(repository: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", BLOCK + code, *arguments],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(repository / "src")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def modules(repository: Path) -> list[str]:
    source = repository / "src"
    files = sorted((source / "spanloom").rglob("*.py"))
    names = [".".join(file.relative_to(source).with_suffix("").parts).removesuffix(".__init__") for file in files]
    return [name for name in names if not name.startswith(NEEDS_TORCH) and not name.endswith(".model")]


def test_the_block_blocks(repository: Path) -> None:
    done = run(repository, "import torch.nn")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'torch'"


def test_every_other_module_imports_without_torch(repository: Path) -> None:
    names = modules(repository)
    assert "spanloom.predict.predictor" in names
    code = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    done = run(repository, code)
    assert done.stderr == ""


def test_the_bundled_model_predicts(repository: Path) -> None:
    sentence = "Ada Lovelace was born in London , the capital of England ."
    done = run(repository, "from spanloom.run.cli import main; sys.exit(main(sys.argv[1:]))", "predict", sentence)
    assert done.stderr == ""
    answer = json.loads(done.stdout)
    assert answer["text"] == sentence
    assert answer["entities"]
    for entity in answer["entities"]:
        assert sentence[entity["start"] : entity["end"]] == entity["text"]
    assert all(relation["label"] for relation in answer["relations"])


def test_the_doctor_examines_a_machine_without_torch(repository: Path) -> None:
    done = run(repository, "from spanloom.run.cli import main; sys.exit(main(sys.argv[1:]))", "doctor")
    assert done.stderr == ""
    assert re.search(r"^ok +bundled model +answers: ", done.stdout, re.MULTILINE)
    assert re.search(r"verdict +This machine can predict. To train too: pip install 'spanloom\[train\]'", done.stdout)


@pytest.mark.parametrize(
    ("arguments", "feature"),
    [
        (["train", "src/spanloom/tasks/joint/tiny.toml", "--output", "no-such-folder"], "Training"),
        (["export", "no-such-run", "--output", "no-such-folder"], "Exporting a run"),
    ],
)
def test_what_needs_an_extra_says_how_to_install_it(repository: Path, arguments: list[str], feature: str) -> None:
    done = run(repository, "from spanloom.run.cli import main; sys.exit(main(sys.argv[1:]))", *arguments)
    assert done.returncode == 2
    assert done.stderr == (
        f"MissingExtra: {feature}: needs packages that are not installed (the 'train' extra). "
        "Install it with: pip install 'spanloom[train]'\n"
    )
