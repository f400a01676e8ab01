"""SpERT (Eberts and Ulges 2020, https://arxiv.org/abs/1909.07755) as we read the paper, to be timed beside our model.

Every span of up to ten words is classified from the maximum over its wordpieces, an embedding of its width and the
sentence's first piece; every ordered pair of found spans from both spans and the maximum over the pieces between them.
Written from the paper alone. Where it is silent (weight decay, clipping, how maxima are taken) the choice is ours, and
made for speed: only a span's own pieces are gathered, which is faster than masks over the whole sentence.

    python benchmarks/peers/spert.py --data DIR --output RUN --epochs 20 [--encoder multilingual-e5]

Each epoch leaves a checkpoint in RUN, from which the same command goes on: with the multilingual encoder, whose table
of a quarter of a million pieces is trained too, an epoch takes minutes.

B batch, P pieces, H hidden width, N spans or pairs, L pieces of the longest of them.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.encoders.minilm.config import folder as minilm_folder
from spanloom.encoders.multilingual_e5.config import MultilingualE5Config
from spanloom.encoders.multilingual_e5.config import folder as e5_folder
from spanloom.encoders.parts.modules.pretrained import load_transformer
from spanloom.engine.device import autocast
from spanloom.inputs import Relation, Span
from spanloom.metrics.scorecard import joint_scorecard
from spanloom.read import read
from spanloom.text.pieces import Pieces, PieceTokenizer, read_tokenizer
from spanloom.write.atomic import atomic_write

LONGEST = 10  # words of a candidate span
WIDTH = 25  # of the width embedding
NEGATIVES = 100  # spans a sentence, and as many pairs
BATCH = 2
LEARNING_RATE = 5e-5
WARMUP = 0.1
DROPOUT = 0.1
THRESHOLD = 0.4
EPOCHS = 20

ENCODERS: Mapping[str, Callable[[], Path]] = {
    "minilm": minilm_folder,
    "multilingual-e5": lambda: e5_folder(MultilingualE5Config()),
}
"""Where the encoders that our own rows use have their folders, by `model.encoder.kind`."""

Place = tuple[int, int]  # a span's first and last word, both inclusive
CPU = torch.device("cpu")
K = TypeVar("K")


@dataclass(frozen=True)
class Labels:
    """Entity labels are numbered from 1, as 0 means no entity; relations from 0."""

    entities: tuple[str, ...]
    relations: tuple[str, ...]


@dataclass(frozen=True)
class Sentence:
    """A sentence as the model takes it: places and their entity numbers, pairs of places and their relation numbers."""

    pieces: Pieces
    spans: Mapping[Place, int]
    pairs: Mapping[tuple[Place, Place], frozenset[int]]

    @property
    def words(self) -> int:
        return len(self.pieces.first)


def fit_labels(examples: Sequence[Example]) -> Labels:
    graphs = [example.gold for example in examples if example.gold is not None]
    entities = {span.label for graph in graphs for span in graph.spans}
    relations = {relation.label for graph in graphs for relation in graph.relations}
    return Labels(tuple(sorted(entities)), tuple(sorted(relations)))


def encode(example: Example, labels: Labels, tokenizer: PieceTokenizer) -> Sentence:
    graph: Graph = example.gold if example.gold is not None else Graph()
    pairs: dict[tuple[Place, Place], frozenset[int]] = {}
    for relation in graph.relations:
        pair = _place(relation.head), _place(relation.tail)
        pairs[pair] = pairs.get(pair, frozenset()) | {labels.relations.index(relation.label)}
    spans = {_place(span): labels.entities.index(span.label) + 1 for span in graph.spans}
    return Sentence(tokenizer.encode([token.text for token in example.input.tokens]), spans, pairs)


def candidates(words: int) -> list[Place]:
    """Every span of up to `LONGEST` words."""
    return [(first, last) for first in range(words) for last in range(first, min(words, first + LONGEST))]


def max_pool(hidden: Tensor, rows: Tensor, first: Tensor, last: Tensor) -> Tensor:
    """The maximum over the pieces first..last (inclusive) of a row: hidden [B, P, H], the rest [N] -> [N, H].

    0 where the range is empty (last < first).
    """
    count = hidden.shape[1]
    steps = torch.arange(int((last - first + 1).clamp(min=1).max()))
    index = first[:, None] + steps  # [N, L]
    outside = index > last[:, None]
    flat = rows[:, None] * count + index.clamp(max=count - 1)
    pieces = F.embedding(flat, hidden.flatten(0, 1))  # [N, L, H]; an embedding's gradient is the fastest gather
    pooled = pieces.masked_fill(outside[:, :, None], float("-inf")).amax(dim=1)
    return torch.where((last < first)[:, None], pooled.new_zeros(()), pooled)


class Spert(nn.Module):
    """An encoder and two linear layers."""

    def __init__(self, encoder: nn.Module, width: int, labels: Labels) -> None:
        super().__init__()
        self.encoder = encoder
        self.labels = labels
        self.widths = nn.Embedding(LONGEST + 1, WIDTH)
        self.dropout = nn.Dropout(DROPOUT)
        self.span_classifier = nn.Linear(2 * width + WIDTH, len(labels.entities) + 1)
        self.pair_classifier = nn.Linear(3 * width + 2 * WIDTH, len(labels.relations))

    def hidden(self, sentences: Sequence[Sentence]) -> Tensor:
        longest = max(len(sentence.pieces.ids) for sentence in sentences)
        ids = np.zeros((len(sentences), longest), dtype=np.int64)  # [B, P]
        mask = np.zeros_like(ids)
        for row, sentence in enumerate(sentences):
            ids[row, : len(sentence.pieces.ids)] = sentence.pieces.ids
            mask[row, : len(sentence.pieces.ids)] = 1
        output = self.encoder(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))
        states: Tensor = output.last_hidden_state
        return states

    def spans(self, hidden: Tensor, sentences: Sequence[Sentence], places: Sequence[Sequence[Place]]) -> Tensor:
        """Vectors of places, sentence after sentence: [N, H + WIDTH]."""
        rows, first, last = _ranges(
            (row, int(sentence.pieces.first[start]), int(sentence.pieces.last[end]))
            for row, (sentence, chosen) in enumerate(zip(sentences, places, strict=True))
            for start, end in chosen
        )
        widths = torch.tensor([min(end - start + 1, LONGEST) for chosen in places for start, end in chosen])
        return torch.cat([max_pool(hidden, rows, first, last), self.widths(widths).to(hidden.dtype)], dim=-1)

    def span_logits(self, hidden: Tensor, sentences: Sequence[Sentence], places: Sequence[Sequence[Place]]) -> Tensor:
        vectors = self.spans(hidden, sentences, places)
        rows = torch.tensor([row for row, chosen in enumerate(places) for _ in chosen])
        joined = torch.cat([vectors, hidden[:, 0][rows]], dim=-1)
        logits: Tensor = self.span_classifier(self.dropout(joined))
        return logits.float()  # [N, entities + 1]

    def pair_logits(
        self, hidden: Tensor, sentences: Sequence[Sentence], pairs: Sequence[Sequence[tuple[Place, Place]]]
    ) -> Tensor:
        heads = self.spans(hidden, sentences, [[head for head, _ in chosen] for chosen in pairs])
        tails = self.spans(hidden, sentences, [[tail for _, tail in chosen] for chosen in pairs])
        rows, first, last = _ranges(
            (row, *_between(sentence, head, tail))
            for row, (sentence, chosen) in enumerate(zip(sentences, pairs, strict=True))
            for head, tail in chosen
        )
        joined = torch.cat([heads, max_pool(hidden, rows, first, last), tails], dim=-1)
        logits: Tensor = self.pair_classifier(self.dropout(joined))
        return logits.float()  # [N, relations]

    def loss(self, sentences: Sequence[Sentence], draw: random.Random) -> Tensor:
        """Both classifiers' mean losses over what is true and as many of what is false as are drawn."""
        hidden = self.hidden(sentences)
        places = [_with_negatives(sentence.spans, candidates(sentence.words), draw) for sentence in sentences]
        gold = [
            sentence.spans.get(place, 0) for sentence, chosen in zip(sentences, places, strict=True) for place in chosen
        ]
        total = F.cross_entropy(self.span_logits(hidden, sentences, places), torch.tensor(gold))
        pairs = [_with_negatives(sentence.pairs, ordered_pairs(sentence.spans), draw) for sentence in sentences]
        if any(pairs):
            logits = self.pair_logits(hidden, sentences, pairs)
            wanted = torch.zeros_like(logits)
            true = [
                sentence.pairs.get(pair, ())
                for sentence, chosen in zip(sentences, pairs, strict=True)
                for pair in chosen
            ]
            for row, numbers in enumerate(true):
                wanted[row, list(numbers)] = 1.0
            total = total + F.binary_cross_entropy_with_logits(logits, wanted)
        return total

    @torch.inference_mode()
    def predict(self, sentence: Sentence, known: Mapping[Place, int] | None = None) -> Graph:
        """The graph of one sentence. known: go on with these spans, once all candidates have been classified, so that
        the work of the second step can be that of a well trained model whatever this one finds.
        """
        self.eval()
        hidden = self.hidden([sentence])
        places = candidates(sentence.words)
        numbers = self.span_logits(hidden, [sentence], [places]).argmax(dim=-1).tolist()
        found = {place: number for place, number in zip(places, numbers, strict=True) if number}
        found = dict(known) if known is not None else found
        spans = {place: Span(place[0], place[1] + 1, self.labels.entities[n - 1]) for place, n in found.items()}
        relations: list[Relation] = []
        if pairs := ordered_pairs(found):
            scores = torch.sigmoid(self.pair_logits(hidden, [sentence], [pairs]))
            for row, number in (scores >= THRESHOLD).nonzero().tolist():
                head, tail = pairs[row]
                relations.append(Relation(spans[head], spans[tail], self.labels.relations[number]))
        return Graph(tuple(spans.values()), tuple(relations))


def ordered_pairs(spans: Mapping[Place, int]) -> list[tuple[Place, Place]]:
    return [(head, tail) for head in spans for tail in spans if head != tail]


def build(labels: Labels, seed: int, encoder_kind: str = "minilm") -> tuple[Spert, PieceTokenizer]:
    """The model on an encoder that our own rows use, one of `ENCODERS`, all of it trained."""
    folder = ENCODERS[encoder_kind]()
    torch.manual_seed(seed)
    encoder = load_transformer(folder, DROPOUT)
    return Spert(encoder, int(encoder.config.hidden_size), labels), PieceTokenizer(read_tokenizer(folder))  # type: ignore[union-attr, arg-type]


def training(
    model: Spert,
    sentences: Sequence[Sentence],
    epochs: int,
    seed: int,
    precision: str = "fp32",
    checkpoint: Path | None = None,
) -> Iterator[list[float]]:
    """Train, and after each epoch give the seconds that each of its updates took.

    checkpoint: a file that each epoch leaves, and from which training goes on where it is there; the seconds of the
    epochs before are given again.
    """
    draw = random.Random(seed)
    steps = epochs * -(-len(sentences) // BATCH)
    decayed = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    rest = [parameter for parameter in model.parameters() if parameter.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}], lr=LEARNING_RATE
    )
    done: list[list[float]] = []
    if checkpoint is not None and checkpoint.exists():
        done = _restore(checkpoint, model, optimizer, draw)
        yield from done
    step = sum(map(len, done))
    for _ in range(len(done), epochs):
        model.train()
        order = draw.sample(range(len(sentences)), len(sentences))
        seconds = []
        for start in range(0, len(order), BATCH):
            began = time.perf_counter()
            for group in optimizer.param_groups:
                group["lr"] = LEARNING_RATE * rate(step, steps)
            with autocast(CPU, precision):
                loss = model.loss([sentences[index] for index in order[start : start + BATCH]], draw)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            step += 1
            seconds.append(time.perf_counter() - began)
        done.append(seconds)
        if checkpoint is not None:
            _keep(checkpoint, model, optimizer, draw, done)
        yield seconds


def _keep(
    file: Path, model: Spert, optimizer: torch.optim.Optimizer, draw: random.Random, done: Sequence[Sequence[float]]
) -> None:
    """All that a training goes on from."""
    tensors = {f"model.{name}": tensor.contiguous() for name, tensor in model.state_dict().items()}
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{name}": tensor for name, tensor in state.items()}
    tensors["generator"] = torch.get_rng_state()
    about = {"draw": json.dumps(draw.getstate()), "seconds": json.dumps(done)}
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    save_file(tensors, unfinished, about)
    unfinished.replace(file)


def _restore(file: Path, model: Spert, optimizer: torch.optim.Optimizer, draw: random.Random) -> list[list[float]]:
    """The seconds of the updates of each epoch that is done."""
    with safe_open(file, "pt") as kept:
        about, tensors = kept.metadata(), {name: kept.get_tensor(name) for name in kept.keys()}  # noqa: SIM118
    model.load_state_dict({name[6:]: tensor for name, tensor in tensors.items() if name.startswith("model.")})
    table = optimizer.state_dict()
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, number, key = name.split(".")
            table["state"].setdefault(int(number), {})[key] = tensor
    optimizer.load_state_dict(table)
    torch.set_rng_state(tensors["generator"])
    version, numbers, following = json.loads(about["draw"])
    draw.setstate((version, tuple(numbers), following))
    return [list(map(float, epoch)) for epoch in json.loads(about["seconds"])]


def rate(step: int, steps: int) -> float:
    """The factor on the learning rate: up to 1 in the first tenth of the steps, then down to 0, both linearly."""
    warm = WARMUP * steps
    return step / warm if step < warm else max(0.0, (steps - step) / (steps - warm))


def _place(span: Span) -> Place:
    return span.start, span.end - 1


def _between(sentence: Sentence, head: Place, tail: Place) -> tuple[int, int]:
    """The first and last piece between two places; an empty range where they touch or overlap."""
    left, right = sorted((head, tail))
    return int(sentence.pieces.last[left[1]]) + 1, int(sentence.pieces.first[right[0]]) - 1


def _ranges(items: Iterator[tuple[int, int, int]]) -> tuple[Tensor, Tensor, Tensor]:
    rows, first, last = torch.tensor(list(items), dtype=torch.int64).reshape(-1, 3).unbind(dim=1)
    return rows, first, last


def _with_negatives(true: Mapping[K, object], every: Sequence[K], draw: random.Random) -> list[K]:
    """What is true, then `NEGATIVES` at most of what is not."""
    false = [item for item in every if item not in true]
    return [*true, *draw.sample(false, min(NEGATIVES, len(false)))]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train and score our reading of SpERT on conll04.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder with conll04/ in it")
    parser.add_argument("--output", type=Path, required=True, metavar="RUN")
    parser.add_argument("--encoder", choices=list(ENCODERS), default="minilm", help="default: minilm")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    parts = [list(read(options.data / "conll04" / f"{part}.txt", DataConfig(repair=True))) for part in ("train", "dev")]
    labels = fit_labels(parts[0])
    model, tokenizer = build(labels, options.seed, options.encoder)
    sentences = [[encode(example, labels, tokenizer) for example in part] for part in parts]
    lines = []
    checkpoint = options.output / "checkpoint.safetensors"
    epochs = training(model, sentences[0], options.epochs, options.seed, checkpoint=checkpoint)
    for epoch, seconds in enumerate(epochs, 1):
        print(f"epoch {epoch} of {options.epochs}: {sum(seconds):.0f} s", flush=True)
        # The last epoch is the one that counts, as in the paper: nothing is chosen on dev.
        last = epoch == options.epochs
        lines += [{"kind": "step", "epoch": epoch, "seconds": update} for update in seconds]
        lines.append({"kind": "epoch", "epoch": epoch, "best": last, "seconds": sum(seconds)})
    scorecard = joint_scorecard(parts[1], [model.predict(sentence) for sentence in sentences[1]])
    options.output.mkdir(parents=True, exist_ok=True)
    atomic_write(options.output / "metrics.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    atomic_write(options.output / "scorecard.json", json.dumps(scorecard, ensure_ascii=False, indent=1) + "\n")
    checkpoint.unlink()
    print({name: round(100 * value, 1) for name, value in scorecard["summary"].items()})


if __name__ == "__main__":
    main()
