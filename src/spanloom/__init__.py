"""spanloom turns text into structure with models that people train on their own annotations.

    import spanloom

    predictor = spanloom.load()                     # the bundled model, or load("runs/mine") for one of your own
    answer = predictor("Ada Lovelace lived in London.")
    spanloom.check("train.jsonl", "joint")
    spanloom.train("joint.toml", output="runs/mine")    # or a dict of the same tables
    spanloom.evaluate("runs/mine", "test.jsonl")
    spanloom.export("runs/mine", "bundles/mine")

Importing this imports nothing heavy: each name below is fetched when it is first used. It also tells the libraries that
spanloom stands on not to report home, whatever the environment says.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spanloom.answers.frame import FrameAnswer
    from spanloom.answers.graph import Graph, GraphAnswer
    from spanloom.answers.label import LabelAnswer
    from spanloom.answers.parts.answer import Answer
    from spanloom.answers.relation import RelationAnswer
    from spanloom.answers.rewrite import RewriteAnswer
    from spanloom.answers.surprisal import SurprisalAnswer
    from spanloom.answers.tags import TagsAnswer
    from spanloom.core import Example, Source
    from spanloom.errors import CheckpointError, ConfigError, DataError, ExportRefused, MissingExtra, SpanloomError
    from spanloom.inputs import Relation, Span, Text
    from spanloom.predict.predictor import Predictor, load
    from spanloom.run.evaluate import evaluate
    from spanloom.run.functions import check, export
    from spanloom.run.train import train

__version__ = "0.1.0"

# Here, as this file runs before any other of spanloom can import them; onnxruntime reads its own when it is imported,
# and can be told nothing afterwards: `onnxruntime.disable_telemetry_events()` changes nothing.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

__all__ = [
    "Answer",
    "CheckpointError",
    "ConfigError",
    "DataError",
    "Example",
    "ExportRefused",
    "FrameAnswer",
    "Graph",
    "GraphAnswer",
    "LabelAnswer",
    "MissingExtra",
    "Predictor",
    "Relation",
    "RelationAnswer",
    "RewriteAnswer",
    "Source",
    "Span",
    "SpanloomError",
    "SurprisalAnswer",
    "TagsAnswer",
    "Text",
    "__version__",
    "check",
    "evaluate",
    "export",
    "load",
    "train",
]

_HOMES = {
    "spanloom.answers.frame": ("FrameAnswer",),
    "spanloom.answers.graph": ("Graph", "GraphAnswer"),
    "spanloom.answers.label": ("LabelAnswer",),
    "spanloom.answers.parts.answer": ("Answer",),
    "spanloom.answers.relation": ("RelationAnswer",),
    "spanloom.answers.rewrite": ("RewriteAnswer",),
    "spanloom.answers.surprisal": ("SurprisalAnswer",),
    "spanloom.answers.tags": ("TagsAnswer",),
    "spanloom.core": ("Example", "Source"),
    "spanloom.inputs": ("Relation", "Span", "Text"),
    "spanloom.errors": (
        "CheckpointError",
        "ConfigError",
        "DataError",
        "ExportRefused",
        "MissingExtra",
        "SpanloomError",
    ),
    "spanloom.run.evaluate": ("evaluate",),
    "spanloom.predict.predictor": ("Predictor", "load"),
    "spanloom.run.functions": ("check", "export"),
    "spanloom.run.train": ("train",),
}

# A folder takes the name that it shares with one of these functions (check/) when it is first imported. That is now, so
# that the function has the name from here on; `from spanloom.check.gold import …` goes by the folder all the same.
for _name in __all__:
    if os.path.isdir(os.path.join(os.path.dirname(__file__), _name)):
        importlib.import_module(f"{__name__}.{_name}")
        del globals()[_name]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            value = getattr(importlib.import_module(home), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'spanloom' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
