"""Joint extraction from several sources: what one does not annotate has no part in the loss, exactly."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from spanloom.core import Batch, Coverage, Example
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.engine.device import to_tensors
from spanloom.errors import ConfigError
from spanloom.tasks.joint.codec import JointCodec
from spanloom.tasks.joint.config import JointConfig
from spanloom.tasks.joint.model import TAG_WEIGHT, losses
from tests.tasks.sentences import sentence

CONFIG = JointConfig(encoder=RnnConfig(word_width=4, char_filters=0, shape_width=0), recall=False)
PEOPLE = Coverage("people", frozenset({"person", "firm"}), frozenset({"works for"}))
PLACES = Coverage("places", frozenset({"place"}), frozenset())
FACTS = Coverage("facts", frozenset({"person", "firm", "place"}), frozenset({"lives in"}), related_only=True)
EXAMPLES = [
    replace(
        sentence("ada runs bolt in rome", [(0, 1, "person"), (2, 3, "firm")], [(0, "works for", 1)]), covered=PEOPLE
    ),
    replace(sentence("ada went to new york", [(3, 5, "place")]), covered=PLACES),
    replace(
        sentence("bo has a flat in oslo", [(0, 1, "person"), (5, 6, "place")], [(0, "lives in", 1)]), covered=FACTS
    ),
    replace(sentence("bo has a flat in old oslo", [(0, 1, "*"), (5, 7, "*")], [(0, "lives in", 1)]), covered=FACTS),
]


@pytest.fixture(scope="module")
def codec() -> JointCodec:
    return JointCodec.fit(EXAMPLES, CONFIG)


def outputs_for(codec: JointCodec, batch: Batch) -> dict[str, Tensor]:
    draw = torch.Generator().manual_seed(0)
    shapes = {name: batch.targets[name].shape for name in ("spans", "heads", "tails")}
    shapes["tags"] = (*batch.targets["tags"].shape, len(codec.scheme.tags))  # type: ignore[union-attr]
    return {
        name: torch.randn(shape, generator=draw, dtype=torch.float64).requires_grad_() for name, shape in shapes.items()
    }


def batch_of(codec: JointCodec, examples: list[Example]) -> Batch:
    return codec.collate([codec.encode(example) for example in examples])


def is_open(example: Example, label: str, first: int, last: int) -> bool:
    """Whether this cell of the table of spans may be judged by nobody, by the rules one by one."""
    spans, coverage = example.gold.spans, example.covered
    if any((span.start, span.end - 1) == (first, last) and span.label == label for span in spans):
        return False
    if coverage is None:
        return False
    if any((span.start, span.end - 1) == (first, last) and span.label == "*" for span in spans):
        return True
    touches = any(first < span.end and span.start <= last for span in spans)  # where no other name is, as none overlap
    return not touches and (label not in coverage.entities or coverage.related_only)


def log_sum(scores: list[float]) -> float:
    return math.log(1 + sum(map(math.exp, scores)))


def test_the_loss_is_that_of_what_is_annotated(codec: JointCodec) -> None:
    batch = batch_of(codec, EXAMPLES)
    outputs = outputs_for(codec, batch)
    found = losses(outputs, to_tensors(batch.targets, torch.device("cpu")))
    spans = relations = tags = 0.0
    for index, example in enumerate(EXAMPLES):
        words, gold = len(example.input.tokens), example.gold
        for number, label in enumerate(codec.labels.entities):
            table, yes, no = outputs["spans"][index, number], [], []
            for first in range(words):
                for last in range(first, words):
                    if (first, last + 1, label) in {(span.start, span.end, span.label) for span in gold.spans}:
                        yes.append(-table[first, last].item())
                    elif not is_open(example, label, first, last):
                        no.append(table[first, last].item())
            spans += log_sum(yes) + log_sum(no)
        for number, label in enumerate(codec.labels.relations):
            if label not in example.covered.relations:
                continue
            for name, at in (("heads", lambda span: span.start), ("tails", lambda span: span.end - 1)):
                there = {(at(item.head), at(item.tail)) for item in gold.relations if item.label == label}
                cells = [(one, two) for one in range(words) for two in range(words)]
                scores = {cell: outputs[name][index, number, cell[0], cell[1]].item() for cell in cells}
                relations += 0.5 * log_sum([-scores[cell] for cell in cells if cell in there])
                relations += 0.5 * log_sum([scores[cell] for cell in cells if cell not in there])
        names = codec.scheme.tags  # type: ignore[union-attr]
        for word in range(words):
            powers = [math.exp(score) for score in outputs["tags"][index, word].tolist()]
            span = next((span for span in gold.spans if span.start <= word < span.end), None)
            inside = 0.0
            for tag, power in zip(names, powers, strict=True):
                place, _, label = tag.partition("-")
                if span is None:
                    free = label and (label not in example.covered.entities or example.covered.related_only)
                    inside += power * bool(free or tag == "O")
                else:
                    end = span.end - 1
                    here = "S" if span.start == end else "B" if word == span.start else "E" if word == end else "I"
                    inside += power * (place == here and span.label in (label, "*"))
            tags -= math.log(inside / sum(powers))
    assert found["spans"].item() == pytest.approx(spans, rel=1e-9)
    assert found["relations"].item() == pytest.approx(relations, rel=1e-9)
    assert found["tags"].item() == pytest.approx(TAG_WEIGHT * tags, rel=1e-9)


def test_gradients_of_what_is_open_are_exactly_zero(codec: JointCodec) -> None:
    batch = batch_of(codec, EXAMPLES)
    outputs = outputs_for(codec, batch)
    sum(losses(outputs, to_tensors(batch.targets, torch.device("cpu"))).values()).backward()  # type: ignore[union-attr]
    for index, example in enumerate(EXAMPLES):
        words = len(example.input.tokens)
        for number, label in enumerate(codec.labels.entities):
            for first in range(words):
                for last in range(first, words):
                    moved = outputs["spans"].grad[index, number, first, last].item() != 0.0
                    assert moved == (not is_open(example, label, first, last))
        for number, label in enumerate(codec.labels.relations):
            for name in ("heads", "tails"):
                moved = bool(outputs[name].grad[index, number].any())
                assert moved == (label in example.covered.relations)
    assert not outputs["tags"].grad[2, 1].any()  # "has": a name without a relation could be there
    assert outputs["tags"].grad[2, 0].any()


def test_annotating_everything_is_the_loss_of_one_source(codec: JointCodec) -> None:
    plain = [replace(example, covered=None) for example in EXAMPLES[:3]]
    alone = JointCodec.fit(plain, CONFIG)
    assert not alone.scheme.sources  # type: ignore[union-attr]
    many = batch_of(codec, plain)
    outputs = outputs_for(codec, many)
    one = losses(outputs, to_tensors(batch_of(alone, plain).targets, torch.device("cpu")))
    for name, loss in losses(outputs, to_tensors(many.targets, torch.device("cpu"))).items():
        assert loss.item() == pytest.approx(one[name].item(), rel=1e-12)


def test_only_what_is_judged_is_counted(codec: JointCodec) -> None:
    assert batch_of(codec, EXAMPLES).counts == {"tags": 23.0, "spans": 4.0, "relations": 3.0}
    assert batch_of(codec, EXAMPLES[1:2]).counts == {"tags": 5.0, "spans": 1.0, "relations": 0.0}


def test_names_of_some_kind_take_part_in_relations_of_known_kinds(codec: JointCodec) -> None:
    assert "*" not in codec.labels.entities
    assert codec.labels.signatures == (("person", "lives in", "place"), ("person", "works for", "firm"))
    alone = JointCodec.fit([EXAMPLES[0], EXAMPLES[1], EXAMPLES[3]], CONFIG)
    kinds = ("firm", "person", "place")
    assert {signature for signature in alone.labels.signatures if signature[1] == "lives in"} == {
        (head, "lives in", tail) for head in kinds for tail in kinds
    }
    lost = codec.encode(EXAMPLES[3]).lost
    assert [(fact.kind, fact.cause) for fact in lost] == [
        ("entity", "its kind is not annotated"),
        ("entity", "its kind is not annotated"),
        ("relation", "its entity is lost"),
    ]
    assert codec.unknown(EXAMPLES[3]) == []


def test_the_tagging_scheme_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"model\.scheme: is 'tagging', which cannot leave open"):
        JointCodec.fit(EXAMPLES, replace(CONFIG, scheme="tagging"))
