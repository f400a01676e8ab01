"""The `[model.encoder]` table of language models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spanloom.config import setting
from spanloom.encoders.parts.settings import OfWords, Pretrained, Recurrent


@dataclass(frozen=True)
class LanguageModelEncoderConfig(Recurrent, OfWords, Pretrained):
    """Recurrent layers above trained language models and words, each as far as there is what is set."""

    kind: Literal["language_model"] = "language_model"
    path: Path | None = setting(None, "the run of a language model that reads forward")
    backward_path: Path | None = setting(None, "the run of one that reads backward; one of the two may do")
