"""Runs of small language models with drawn weights, as the files that a training leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from spanloom.config import RunConfig
from spanloom.core import Example, Source
from spanloom.engine.model_folder import save_model
from spanloom.inputs import Text
from spanloom.tasks import find_task
from spanloom.tasks.language_model.codec import LanguageModelCodec
from spanloom.tasks.language_model.config import LanguageModelConfig
from spanloom.tasks.language_model.model import LanguageModel, build
from spanloom.text.words import tokenize


def language_model_run(
    run: Path, text: str, seed: int = 0, **settings: Any
) -> tuple[LanguageModel, LanguageModelCodec]:
    """Save an untrained model of `text` as the run `run`, and return it with its codec."""
    config = LanguageModelConfig(**{"hidden": 5, **settings})
    codec = LanguageModelCodec.fit([Example(Text(text, tokenize(text)), None, Source(Path("text"), 1))], config)
    torch.manual_seed(seed)
    model = build(config, codec).eval()
    assert isinstance(model, LanguageModel)
    save_model(run / "model", find_task("language_model"), RunConfig("language_model", model=config), codec, model)
    return model, codec
