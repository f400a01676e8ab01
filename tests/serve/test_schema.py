"""Requests of every shape, made from what `/openapi.json` says: no answer is other than it says, none is a fault."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.serve.process import Server

RUN = "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())"


def test_schemathesis_finds_nothing(started: Callable[..., Server], bundles: dict[str, Path], tmp_path: Path) -> None:
    """All its checks but that what fits the schema is answered: by the model a label or a number of texts is wrong."""
    server = started(bundles["tag"])
    where = f"http://127.0.0.1:{server.port}/openapi.json"
    chosen = [
        "--exclude-checks",
        "positive_data_acceptance",
        "--max-examples",
        "8",
        "--seed",
        "1",
        "--phases",
        "examples,coverage,fuzzing",
    ]
    done = subprocess.run(
        [sys.executable, "-c", RUN, "run", where, *chosen, "--no-color"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    operations = sum(map(len, server.get("/openapi.json").body["paths"].values()))
    assert f"Tested: {operations}" in done.stdout
