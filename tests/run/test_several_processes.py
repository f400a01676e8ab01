"""`torchrun -m spanloom train`, as a person types it, beside the same training in one process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch.distributed as dist

from spanloom.engine.checkpoint import read_checkpoint
from spanloom.engine.report import read_metrics
from spanloom.run.cli import main

# No dropout, whose random numbers differ; a constant rate, so that a longer run begins as a shorter one does.
ALIKE = ["model.dropout=0.0", "model.encoder.word_dropout=0.0", "train.schedule=constant", "train.warmup=0.0"]


def torchrun(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    paths = os.pathsep.join([str(repository / "src"), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [*launcher, "-m", "spanloom", "train", *arguments],
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


@pytest.mark.slow  # three times two fresh interpreters import torch
@pytest.mark.skipif(not dist.is_gloo_available(), reason="PyTorch was built without gloo")
def test_two_processes_train_as_one_with_twice_the_batch(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = str(repository / "src" / "spanloom" / "tasks" / "tag" / "tiny.toml")
    one, two = tmp_path / "one", tmp_path / "two"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert main(["train", tiny, "--output", str(one), *ALIKE, "train.epochs=3", "train.accumulate=2"]) == 0

    done = torchrun(repository, tiny, "--output", str(two), *ALIKE, "train.epochs=1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(f"{two}: trained, ") == 1, "one process speaks for all"
    again = torchrun(repository, tiny, "--output", str(two), *ALIKE, "train.epochs=3")
    assert again.returncode != 0
    assert (
        f"ConfigError: {two}: the folder is not empty: it holds a training; a new or an empty folder for the run."
        in again.stderr
    )
    done = torchrun(repository, tiny, "--output", str(two), *ALIKE, "train.epochs=3", "--resume")
    assert done.returncode == 0, done.stderr

    alone, together = read_checkpoint(one), read_checkpoint(two)
    assert alone.about["step"] == together.about["step"]
    for name, tensor in alone.tensors.items():
        np.testing.assert_allclose(together.tensors[name], tensor, rtol=1e-3, atol=1e-5, err_msg=name)
    shown = [
        [(line["kind"], line["step"], line.get("epoch")) for line in read_metrics(run / "metrics.jsonl")]
        for run in (one, two)
    ]
    assert shown[0] == shown[1]
