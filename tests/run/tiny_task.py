"""A task small enough to see through: names are the words of a fixed list, and each name points at the next one.

Its model knows nothing but a table of word scores, so that what an export, bundle or predictor must answer is known.
The word "edge" is a name by a hair, which a coarse quantizer loses.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spanloom.answers.graph import Graph
from spanloom.contracts import Codec, Task
from spanloom.core import Array, Batch, Example, Row
from spanloom.inputs import Relation, Span, Text, Token
from spanloom.write.spanloom import example_to_dict

NAMES = ("Ada", "Bo", "Cy", "Di")
WORDS = ("<pad>", "<unk>", *NAMES, "edge", "the")


class TinyCodec(Codec):
    max_words = 6

    def __init__(self, words: Sequence[str]) -> None:
        self.words = list(words)

    def encode(self, example: Example) -> Row:
        assert example.gold is None, "gold may have labels that training did not"
        ids = [self.words.index(token.text) if token.text in self.words else 1 for token in example.input.tokens]
        assert 0 < len(ids) <= self.max_words
        return Row({"words": np.array(ids)}, {}, len(ids), len(ids))

    def unknown(self, example: Example) -> list[tuple[str, str]]:
        return []

    def collate(self, rows: Sequence[Row]) -> Batch:
        words = np.zeros((len(rows), max(row.width for row in rows)), dtype=np.int64)
        for place, row in zip(words, rows, strict=True):
            place[: row.width] = row.inputs["words"]
        return Batch({"words": words, "lengths": np.array([row.width for row in rows])}, {}, {})

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[Graph]:
        graphs = []
        for scores, length in zip(outputs["scores"], batch.inputs["lengths"], strict=True):
            spans = [Span(i, i + 1, "Name", float(scores[i])) for i in range(length) if scores[i] > 0]
            relations = [Relation(a, b, "next", 0.5) for a, b in itertools.pairwise(spans)]
            graphs.append(Graph(tuple(spans), tuple(relations)))
        return graphs

    def perfect(self, batch: Batch) -> dict[str, Array]:
        raise NotImplementedError

    def limits(self) -> dict[str, int]:
        return {"words": len(self.words)}

    def output_sizes(self) -> dict[str, tuple[int | None, ...]]:
        return {"scores": (None, None), "mask": (None, None)}

    def to_dict(self) -> dict[str, Any]:
        return {"words": self.words}

    def tokenizer_json(self) -> str | None:
        return '{"tiny": true}'


def load_codec(table: Mapping[str, Any], tokenizer: str | None) -> TinyCodec:
    assert tokenizer == '{"tiny": true}'
    return TinyCodec(table["words"])


@dataclass(frozen=True)
class TinyConfig:
    width: int = 8


def prepare(text: Any, codec: object = None) -> Text:
    return Text(text, tuple(Token(m.group(), m.start(), m.end()) for m in re.finditer(r"\w+|[^\w\s]", text)))


def example(text: str) -> Example:
    """A text with the gold that the model should find, "edge" included."""
    item = prepare(text)
    spans = [Span(i, i + 1, "Name") for i, token in enumerate(item.tokens) if token.text in (*NAMES, "edge")]
    relations = [Relation(a, b, "next") for a, b in itertools.pairwise(spans)]
    return Example(item, Graph(tuple(spans), tuple(relations)))


def score(examples: Sequence[Example], predictions: Sequence[Graph], codec: Any) -> dict[str, Any]:
    gold = [span for item in examples for span in item.gold.spans]
    found = [
        span
        for item, graph in zip(examples, predictions, strict=True)
        for span in graph.spans
        if span in item.gold.spans
    ]
    return {"recall": len(found) / len(gold)}


def show(item: Text, graph: Graph) -> dict[str, Any]:
    entities = [
        {
            **dict(zip(("start", "end"), item.characters(span), strict=True)),
            "label": span.label,
            "text": item.surface(span),
        }
        for span in graph.spans
    ]
    return {"text": item.text, "entities": entities}


def build(config: Any, codec: TinyCodec, architecture: Any = None) -> Any:
    import torch

    from spanloom.nn.model import Model

    class TinyModel(Model):
        def __init__(self) -> None:
            super().__init__()
            self.table = torch.nn.Embedding(len(WORDS), 8)
            self.out = torch.nn.Linear(8, 1)
            generator = torch.Generator().manual_seed(0)
            with torch.no_grad():
                self.table.weight.copy_(0.1 * torch.randn(len(WORDS), 8, generator=generator))
                self.out.weight.copy_(torch.ones(1, 8) / 8)
                self.out.bias.zero_()
                for place, word in enumerate(WORDS):
                    self.table.weight[place] += {"edge": 0.25}.get(word, 2.0 if word in NAMES else -2.0)

        def forward(self, words: torch.Tensor, lengths: torch.Tensor) -> dict[str, torch.Tensor]:
            mask = torch.arange(words.shape[1])[None] < lengths[:, None]
            scores = self.out(self.table(words)).squeeze(-1)
            return {"scores": scores.masked_fill(~mask, -1e4), "mask": mask.float()}

    return TinyModel()


def unused(*arguments: Any, **named: Any) -> Any:
    raise AssertionError("not part of prediction or export")


TASK = Task(
    name="tiny",
    summary="names, each pointing at the next",
    answer=Graph,
    config=TinyConfig,
    read=unused,
    check=unused,
    fit=unused,
    load=load_codec,
    build=build,
    losses=unused,
    score=score,
    best=lambda card: float(card["recall"]),
    prepare=prepare,
    show=show,
    line=example_to_dict,
)


def find_tiny(name: str) -> Task:
    assert name == "tiny"
    return TASK
