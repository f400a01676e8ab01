"""The rows of the tables, and the result files that stand for them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
CONFIGS = REPOSITORY / "configs"
RESULTS = Path(__file__).resolve().parent / "results" / "joint"
TAG_RESULTS = RESULTS.with_name("tag")
CLASSIFY_RESULTS = RESULTS.with_name("classify")
NESTED_RESULTS = RESULTS.with_name("nested")
RELATION_RESULTS = RESULTS.with_name("relation")
INTENT_RESULTS = RESULTS.with_name("intent_slot")
REWRITE_RESULTS = RESULTS.with_name("rewrite")
IMAGE_RESULTS = RESULTS.with_name("image")

PARTS = {
    "conll04": ("conll04/train.txt", "conll04/dev.txt"),
    "nyt": ("nyt/train.json", "nyt/dev.json"),
    "webnlg": ("webnlg/train.json", "webnlg/dev.json"),
    "conll03": ("conll03/train.txt", "conll03/dev.txt"),
    "resume": ("resume/train.char.bmes", "resume/dev.char.bmes"),
    "lines": ("lines/train.conllu", "lines/dev.conllu"),
    "polarity": ("polarity/train", "polarity/dev"),
    "mrpc": ("mrpc/train.tsv", "mrpc/dev.tsv"),
    "germeval": ("germeval/train.iob2", "germeval/dev.iob2"),
    "semeval": ("semeval/train.jsonl", "semeval/dev.jsonl"),
    "atis": ("atis/train", "atis/dev"),
    "snips": ("snips/train", "snips/dev"),
    "rewrite": ("rewrite/train.tsv", "rewrite/dev.tsv"),
    "ewt": ("ewt/train.iob2", "ewt/dev.iob2"),
    "wnut17": ("wnut17/train.conll", "wnut17/dev.conll"),
    "zh_gsd": ("zh_gsd/train.iob2", "zh_gsd/dev.iob2"),
    "signs": ("signs/train", "signs/dev"),
}
"""Data set -> its training and dev file in the folder of `--data`."""


@dataclass(frozen=True)
class BenchmarkRow:
    """One row: `configs/NAME.toml` on a data set, and the F1 (points, mean of the seeds) that it should reach.

    vectors: it starts from GloVe. language_models: it stands on language models of its own training sentences, which
    `configs/NAME-language-model.toml` makes, where NAME is that of the data. peer: it is no configuration of ours but
    another architecture, `peers/PEER.py`, on the encoder of this kind.
    """

    name: str
    data: str
    targets: Mapping[str, float] = field(default_factory=dict)
    vectors: bool = False
    language_models: bool = False
    peer: str = ""
    encoder: str = ""


ROWS = (
    BenchmarkRow("conll04-minilm", "conll04", {"entity": 86.5, "relation": 67.0}),
    BenchmarkRow("conll04-e5", "conll04", {"entity": 90.0, "relation": 69.0}),
    BenchmarkRow("conll04-rnn", "conll04", {"relation": 58.0}, vectors=True),
    BenchmarkRow("nyt-minilm", "nyt", {"relation": 80.0}),
    BenchmarkRow("nyt-e5", "nyt", {"relation": 82.0}),
    BenchmarkRow("nyt-tagging", "nyt"),
    BenchmarkRow("webnlg-minilm", "webnlg", {"relation": 85.0}),
    BenchmarkRow("webnlg-rnn", "webnlg", {"relation": 80.0}, vectors=True),
    BenchmarkRow("conll04-spert", "conll04", peer="spert", encoder="minilm"),
    BenchmarkRow("conll04-spert-e5", "conll04", peer="spert", encoder="multilingual-e5"),
)


TAG_ROWS = (
    BenchmarkRow("conll03-rnn", "conll03", {"strict": 93.0}, vectors=True),
    BenchmarkRow("conll03-random", "conll03", {"strict": 90.0}),
    BenchmarkRow("conll03-fast", "conll03", {"strict": 90.0}, vectors=True),
    BenchmarkRow("conll03-minilm", "conll03", {"strict": 92.0}),
    BenchmarkRow("conll03-e5", "conll03", {"strict": 94.5}),
    BenchmarkRow("ewt-e5", "ewt"),
    BenchmarkRow("wnut17-e5", "wnut17"),
    BenchmarkRow("zh-gsd-rnn", "zh_gsd"),
    BenchmarkRow("zh-gsd-e5", "zh_gsd"),
    BenchmarkRow("resume-e5", "resume", {"strict": 95.5}),
    BenchmarkRow("resume-rnn", "resume", {"strict": 94.5}, language_models=True),
    BenchmarkRow("lines-rnn", "lines", {"accuracy": 95.0}),
)

CLASSIFY_ROWS = (
    BenchmarkRow("polarity-rnn", "polarity", vectors=True),
    BenchmarkRow("polarity-minilm", "polarity", {"accuracy": 84.0}),
    BenchmarkRow("mrpc-minilm", "mrpc", {"accuracy": 82.0}),
    BenchmarkRow("mrpc-e5", "mrpc"),
)

NESTED_ROWS = (
    BenchmarkRow("germeval-rnn", "germeval", {"all": 72.0}, vectors=True),
    BenchmarkRow("germeval-e5", "germeval", {"all": 82.0}),
)

RELATION_ROWS = (
    BenchmarkRow("semeval-minilm", "semeval", {"macro": 84.0}),
    BenchmarkRow("semeval-rnn", "semeval", {"macro": 76.0}, vectors=True),
)

INTENT_ROWS = (
    BenchmarkRow("atis-rnn", "atis", {"sentence": 88.0}, vectors=True),
    BenchmarkRow("atis-minilm", "atis", {"sentence": 89.0}),
    BenchmarkRow("snips-rnn", "snips", {"sentence": 88.0}, vectors=True),
    BenchmarkRow("snips-minilm", "snips", {"sentence": 90.0}),
    BenchmarkRow("atis-e5", "atis"),
    BenchmarkRow("snips-e5", "snips", {"sentence": 92.0}),
)

REWRITE_ROWS = (
    BenchmarkRow("rewrite-rnn", "rewrite", {"exact match": 50.0, "BLEU-4": 78.0}),
    BenchmarkRow("rewrite-e5", "rewrite", {"exact match": 65.4}),
)

IMAGE_ROWS = (
    BenchmarkRow("signs-residual", "signs", {"accuracy": 90.0}),
    BenchmarkRow("signs-frozen", "signs", {"accuracy": 92.0}),
    BenchmarkRow("signs-tuned", "signs", {"accuracy": 97.5}),
)

ALL_ROWS = (
    *ROWS,
    *TAG_ROWS,
    *CLASSIFY_ROWS,
    *RELATION_ROWS,
    *INTENT_ROWS,
    *NESTED_ROWS,
    *REWRITE_ROWS,
    *IMAGE_ROWS,
)


def result_file(folder: Path, row: str, seed: int) -> Path:
    return folder / row / f"seed-{seed}.json"


def read_results(folder: Path, rows: Sequence[BenchmarkRow] = ROWS) -> dict[str, list[dict[str, Any]]]:
    """Row name -> its records, by seed; rows without a record are left out."""
    found = {}
    for row in rows:
        records = [json.loads(file.read_text(encoding="utf-8")) for file in (folder / row.name).glob("seed-*.json")]
        if records:
            found[row.name] = sorted(records, key=lambda record: int(record["seed"]))
    return found


@dataclass(frozen=True)
class Summary:
    """A measure over the seeds of a row, in points."""

    mean: float
    lowest: float
    highest: float


def summary(records: Sequence[Mapping[str, Any]], kind: str, measure: str = "f1") -> Summary:
    """Mean, lowest and highest over the records of `scores[kind][measure]`, which is in 0..1.

    A score that is no F1, such as BLEU, has its "value" alone.
    """
    scores = (record["scores"][kind] for record in records)
    values = [100 * float(score.get("value", score.get(measure))) for score in scores]
    return Summary(sum(values) / len(values), min(values), max(values))


def interval(records: Sequence[Mapping[str, Any]], kind: str) -> tuple[float, float]:
    """The bootstrap interval of F1 in points: the mean over the seeds of its lower ends, and of its upper ends."""
    ends = [record["scores"][kind]["interval"] for record in records]
    low, high = (100 * sum(float(end[side]) for end in ends) / len(ends) for side in (0, 1))
    return low, high


def peak_memory(records: Sequence[Mapping[str, Any]]) -> str:
    """Of training, in GB, the most over the seeds; nothing where none of them measured it."""
    peak = max(record.get("peak_memory", 0) for record in records)
    return f"{peak / 1e9:.1f}" if peak else ""


def met(row: BenchmarkRow, records: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
    """For each target of the row, whether the mean of the seeds reaches it."""
    return {kind: summary(records, kind).mean >= target for kind, target in row.targets.items()}
