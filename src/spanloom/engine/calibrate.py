"""What is fitted on dev data once a model is trained: what its scores are worth, and perhaps a threshold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from spanloom.decode.rows import predict_rows
from spanloom.engine.encoded import Prepared
from spanloom.engine.evaluate import TorchBackend
from spanloom.engine.model_folder import load_model, save_codec
from spanloom.engine.report import Notice, Report
from spanloom.metrics.by_source import score
from spanloom.nn.storage import store_json
from spanloom.text.counts import several


def calibrate(prepared: Prepared, output: Path, device: torch.device, on_report: Callable[[Report], None]) -> None:
    """Fit what `task.calibrate` fits on the kept model's answers for dev, and save it in that model's codec.

    The weights stay as they are. The dev scorecard, where there is one, is that of the calibrated model afterwards. It
    goes by what is on disk, so that a run that was stopped here and is resumed comes to the same. Does nothing for a
    task that fits nothing, or without dev data.
    """
    task, codec, dev = prepared.task, prepared.codec, prepared.dev
    if task.calibrate is None or dev is None:
        return
    model = load_model(output, lambda name: task).model.to(device)
    settings = prepared.config.train
    backend = TorchBackend(model, device, batch_size=settings.batch_size, batch_tokens=settings.batch_tokens)
    fitted = task.calibrate(dev.examples, predict_rows(backend, codec, dev.rows, check=None), codec)
    if fitted.to_dict() == codec.to_dict():
        return
    answers = predict_rows(backend, fitted, dev.rows, check=None)
    save_codec(output / "model", fitted)
    if (output / "scorecard.json").exists():
        store_json(output / "scorecard.json", score(task, dev.examples, answers, fitted))
    on_report(Notice(f"Calibrated on {several(len(dev.examples), 'dev example')}."))
