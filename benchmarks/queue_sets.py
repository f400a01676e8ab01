"""What errors are planted in, and what is trained to find them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rows import CONFIGS, PARTS

from spanloom.answers.parts.facts import ENTITIES, RELATIONS
from spanloom.config import DataConfig, RunConfig, load_config
from spanloom.contracts import Task
from spanloom.core import Example
from spanloom.tasks import find_task


@dataclass(frozen=True)
class QueueSet:
    """kind: of the statements that errors are planted in. config: of `configs/`, with these settings on top: small and
    quick models, as each set takes seven trainings a seed. orphans: see `planted`. part: how much of the training data.
    vectors: whether it reads word vectors. longer: epochs of the models that `--longer` trains on mended data, where
    those of the judges leave a model far from the end.
    """

    name: str
    data: str
    kind: str
    config: str
    settings: tuple[str, ...]
    orphans: bool = True
    part: float = 1.0
    vectors: bool = True
    longer: int = 0

    def run_config(self, seed: int, vectors: Path) -> RunConfig:
        given = [f"seed={seed}", "train.threads=1", *self.settings]
        if self.vectors:
            given.append(f"model.encoder.vectors={vectors}")
        config = load_config(CONFIGS / f"{self.config}.toml", given, lambda name: find_task(name).config)
        return replace(config, train=replace(config.train, evaluate_from=config.train.epochs))

    def trained_longer(self) -> QueueSet:
        """The same with models of `longer` epochs."""
        others = (setting for setting in self.settings if not setting.startswith("train.epochs="))
        return replace(self, settings=(*others, f"train.epochs={self.longer}"))

    def task(self) -> Task:
        return find_task(self.run_config(0, Path("none")).task)

    def examples(self, data: Path, part: int) -> list[Example]:
        """The training (0) or dev (1) examples that have gold; of training perhaps a part, spread over the file."""
        reading = DataConfig(repair=True) if self.data == "conll04" else DataConfig()
        found = [one for one in self.task().read(data / PARTS[self.data][part], reading) if one.gold is not None]
        step = 1 if part else round(1 / self.part)
        return found[::step]


SETS: Sequence[QueueSet] = (
    QueueSet("conll03-spans", "conll03", ENTITIES, "conll03-fast", ("train.epochs=6",)),
    QueueSet("conll04-spans", "conll04", ENTITIES, "conll04-rnn", ("train.epochs=12",)),
    QueueSet("conll04-triples", "conll04", RELATIONS, "conll04-rnn", ("train.epochs=12",)),
    QueueSet("conll04-triples-minilm", "conll04", RELATIONS, "conll04-minilm", ("train.epochs=9",), vectors=False),
    QueueSet(
        "nyt-triples",
        "nyt",
        RELATIONS,
        "webnlg-rnn",
        ("train.epochs=3", "data.repair=false"),
        orphans=False,
        longer=10,
    ),
)
