"""Tags, nested entities, classes, intents from several sources: what one does not annotate has no part in the loss."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from spanloom.answers.frame import Frame
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.core import Coverage, Example, Source
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.engine.device import to_tensors
from spanloom.errors import ConfigError
from spanloom.nn.heads.classes import losses as class_losses
from spanloom.tasks.classify.codec import ClassifyCodec
from spanloom.tasks.classify.config import ClassifyConfig
from spanloom.tasks.intent_slot.codec import IntentSlotCodec
from spanloom.tasks.intent_slot.config import IntentSlotConfig
from spanloom.tasks.intent_slot.model import losses as frame_losses
from spanloom.tasks.nested.codec import NestedCodec
from spanloom.tasks.nested.config import NestedConfig
from spanloom.tasks.nested.model import losses as nested_losses
from spanloom.tasks.tag.codec import TagCodec
from spanloom.tasks.tag.config import TagConfig
from spanloom.tasks.tag.model import losses as tag_losses
from tests.tasks.sentences import sentence, text_of
from tests.tasks.tagged import tagged

CPU = torch.device("cpu")
ENCODER = RnnConfig(word_width=4, char_filters=0, shape_width=0)


def scores(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()


# ---- tags ------------------------------------------------------------------------------------------------------------

PEOPLE = Coverage("people", frozenset({"PER"}))
PLACES = Coverage("places", frozenset({"LOC"}))
RELATED = Coverage("related", frozenset({"PER", "LOC"}), related_only=True)
TAGGED = [
    replace(tagged("Ada saw Rome", "B-PER O O"), covered=PEOPLE),
    replace(tagged("Ada saw Rome", "O O B-LOC"), covered=PLACES),
    replace(tagged("Bo of Oslo", "B-* O B-LOC"), covered=RELATED),
]


def open_tags(codec: TagCodec, example: Example) -> list[set[str]]:
    """The tags that each word may have, by the rules one by one."""
    found = []
    for label in example.gold.labels:
        place, _, name = label.partition("-")
        if place == "O":
            free = {tag for tag in codec.tagset.tags if tag != "O"}
            if not example.covered.related_only:
                free = {tag for tag in free if tag[2:] not in example.covered.entities}
            found.append({"O"} | free)
        else:
            found.append({tag for tag in codec.tagset.tags if tag == f"S-{name}" or (name == "*" and tag[:2] == "S-")})
    return found


@pytest.mark.parametrize("head", ["crf", "softmax"])
def test_tags_are_learnt_by_the_sum_over_all_that_is_open(head: str) -> None:
    codec = TagCodec.fit(TAGGED, TagConfig(head=head, encoder=ENCODER, scheme="bioes"))
    assert codec.tagset.names == ("LOC", "PER")
    assert codec.unknown(TAGGED[2]) == []
    batch = codec.collate([codec.encode(example) for example in TAGGED])
    size = len(codec.tagset.tags)
    emissions, outputs = scores(3, batch.targets["tags"].shape[1], size), {}
    outputs["emissions"] = emissions
    if head == "crf":
        transitions, start, end = map(torch.from_numpy, codec.tagset.rules())
        outputs |= {"transitions": transitions.double(), "start": start.double(), "end": end.double()}
    found = tag_losses(outputs, to_tensors(batch.targets, CPU))["tags"]
    expected = 0.0
    for index, example in enumerate(TAGGED):
        each = open_tags(codec, example)
        inside = total = 0.0
        for path in itertools.product(range(size), repeat=3):
            score = sum(emissions[index, word, tag].item() for word, tag in enumerate(path))
            if head == "crf":
                score += outputs["start"][path[0]].item() + outputs["end"][path[-1]].item()
                score += sum(outputs["transitions"][one, two].item() for one, two in itertools.pairwise(path))
            power = math.exp(score)
            total += power
            inside += power * all(codec.tagset.tags[tag] in each[word] for word, tag in enumerate(path))
        expected -= math.log(inside / total)
    assert found.item() == pytest.approx(expected, rel=1e-9)
    found.backward()
    if head == "softmax":
        assert not emissions.grad[2, 1].any()
    assert emissions.grad[0, 0].any()


def test_labels_that_stand_for_themselves_are_chosen_from_those_of_their_source() -> None:
    coarse, fine = Coverage("coarse", frozenset({"N", "V"})), Coverage("fine", frozenset({"N", "NP", "V"}))
    examples = [replace(tagged("Ada sings", "N V"), covered=coarse), replace(tagged("Ada sings", "NP V"), covered=fine)]
    codec = TagCodec.fit(examples, TagConfig(head="softmax", encoder=ENCODER))
    batch = codec.collate([codec.encode(example) for example in examples])
    emissions = scores(2, batch.targets["tags"].shape[1], 3)
    found = tag_losses({"emissions": emissions}, to_tensors(batch.targets, CPU))["tags"]
    expected = 0.0
    for index, example in enumerate(examples):
        numbers = [codec.tagset.tags.index(label) for label in sorted(example.covered.entities)]
        for word, label in enumerate(example.gold.labels):
            powers = {number: math.exp(emissions[index, word, number].item()) for number in numbers}
            expected -= math.log(powers[codec.tagset.tags.index(label)] / sum(powers.values()))
    assert found.item() == pytest.approx(expected, rel=1e-9)
    found.backward()
    assert not emissions.grad[0, :, codec.tagset.tags.index("NP")].any()


@pytest.mark.parametrize("setting", [{"focal_gamma": 2.0}, {"label_smoothing": 0.1}, {"class_weights": "balanced"}])
def test_losses_of_another_kind_are_refused(setting: dict[str, object]) -> None:
    config = TagConfig(head="softmax", encoder=ENCODER, **setting)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=f"model.{next(iter(setting))}: is .* several sources are trained on by"):
        TagCodec.fit(TAGGED, config)


# ---- nested ----------------------------------------------------------------------------------------------------------

NESTED = [
    replace(sentence("the Oslo city hall", [(1, 4, "LOC"), (1, 2, "LOC")]), covered=PLACES),
    replace(sentence("Ada of Oslo sings", [(0, 1, "PER")]), covered=PEOPLE),
    replace(sentence("Bo met Oda Lie", [(0, 1, "PER"), (2, 4, "*")]), covered=RELATED),
]


def test_a_cell_is_one_of_what_its_source_leaves_open() -> None:
    codec = NestedCodec.fit(NESTED, NestedConfig(encoder=ENCODER))
    assert codec.labels == ("LOC", "PER")
    batch = codec.collate([codec.encode(example) for example in NESTED])
    width = batch.targets["spans"].shape[1]
    table = scores(3, width, width, 2)
    found = nested_losses({"spans": table}, to_tensors(batch.targets, CPU))["spans"]
    expected = 0.0
    idle = []
    for index, example in enumerate(NESTED):
        spans = example.gold.spans
        for first, last in itertools.combinations_with_replacement(range(4), 2):
            powers = {"": 1.0} | {
                label: math.exp(table[index, first, last, number].item()) for number, label in enumerate(codec.labels)
            }
            here = [span.label for span in spans if (span.start, span.end - 1) == (first, last)]
            touches = any(first < span.end and span.start <= last for span in spans)
            if here:
                inside = {"LOC", "PER"} if here == ["*"] else set(here)
            elif example.covered.related_only and not touches:
                inside = {"", "LOC", "PER"}
                idle.append((index, first, last))
            else:
                inside = {"", *({"LOC", "PER"} - example.covered.entities)}
            expected -= math.log(sum(powers[label] for label in inside) / sum(powers.values()))
    assert found.item() == pytest.approx(expected, rel=1e-9)
    found.backward()
    assert idle == [(2, 1, 1)]
    assert not table.grad[2, 1, 1].any()
    assert batch.counts == {"spans": 12.0}


# ---- classes, intents ------------------------------------------------------------------------------------------------

POLAR, TOPIC = Coverage("polar", frozenset({"bad", "good"})), Coverage("topic", frozenset({"arts", "good", "sport"}))


def labelled(words: str, coverage: Coverage, *names: str) -> Example:
    return Example(text_of(words.split()), Label(names), Source("data.tsv", 1), covered=coverage)


@pytest.mark.parametrize("labels", ["single", "multi"])
def test_classes_are_chosen_from_those_of_their_source(labels: str) -> None:
    examples = [labelled("so so", POLAR, "bad"), labelled("a goal", TOPIC, "sport"), labelled("fine", TOPIC, "good")]
    codec = ClassifyCodec.fit(examples, ClassifyConfig(labels=labels, encoder=ENCODER))
    batch = codec.collate([codec.encode(example) for example in examples])
    logits = scores(3, 3)
    found = class_losses({"classes": logits}, to_tensors(batch.targets, CPU))["classes"]
    expected = 0.0
    for index, example in enumerate(examples):
        powers = {
            name: math.exp(logits[index, number].item())
            for number, name in enumerate(codec.classes.names)
            if name in example.covered.entities
        }
        gold = example.gold.names[0]
        if labels == "single":
            expected -= math.log(powers[gold] / sum(powers.values()))
        else:
            sure = {name: power / (1 + power) for name, power in powers.items()}
            expected -= sum(math.log(part if name == gold else 1 - part) for name, part in sure.items())
    assert found.item() == pytest.approx(expected, rel=1e-6)
    found.backward()
    for index, example in enumerate(examples):
        for number, name in enumerate(codec.classes.names):
            assert (logits.grad[index, number].item() != 0.0) == (name in example.covered.entities)


def test_smoothing_over_classes_that_a_source_lacks_is_refused() -> None:
    examples = [labelled("so so", POLAR, "bad"), labelled("a goal", TOPIC, "sport")]
    with pytest.raises(ConfigError, match=r"model\.label_smoothing: is 0\.1, but not every source has every class"):
        ClassifyCodec.fit(examples, ClassifyConfig(label_smoothing=0.1, encoder=ENCODER))


def test_intents_and_slots_of_several_sources() -> None:
    travel = Coverage("travel", frozenset({"fly", "ride", "city"}))
    music = Coverage("music", frozenset({"play", "artist"}))
    examples = [
        Example(text_of(["to", "Oslo"]), Frame(Label(("fly",)), Tags(("O", "B-city"))), Source("a", 1), covered=travel),
        Example(text_of(["ride", "on"]), Frame(Label(("ride",)), Tags(("O", "O"))), Source("a", 2), covered=travel),
        Example(
            text_of(["some", "Bo"]), Frame(Label(("play",)), Tags(("O", "B-artist"))), Source("b", 1), covered=music
        ),
    ]
    codec = IntentSlotCodec.fit(examples, IntentSlotConfig(head="softmax", encoder=ENCODER))
    batch = codec.collate([codec.encode(example) for example in examples])
    intents, emissions = scores(3, 3), scores(3, batch.targets["tags"].shape[1], len(codec.tagset.tags))
    outputs = {"intents": intents, "emissions": emissions}
    sum(frame_losses(outputs, to_tensors(batch.targets, CPU)).values()).backward()  # type: ignore[union-attr]
    assert codec.intents == ("fly", "play", "ride")
    assert (intents.grad != 0).tolist() == [[True, False, True], [True, False, True], [False, False, False]]
    first = {tag: emissions.grad[0, 0, number].item() for number, tag in enumerate(codec.tagset.tags)}
    assert first["B-city"] > 0.0  # pushed down where its own source says O
    assert first["B-artist"] < 0.0  # open there, and so taken up with O
