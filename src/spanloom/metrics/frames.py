"""The scorecard of intents with slots: one plain dict that is saved as JSON, printed, drawn, and compared with another.

N requests. Counts are [N, 3]: what is right, what is predicted, what is gold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from spanloom.answers.frame import Frame
from spanloom.check.frames import SEVERAL
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.metrics.labels import label_scorecard
from spanloom.metrics.matching import Tally
from spanloom.metrics.mistakes import ENTITY_MISTAKES, Mistake, entity_mistakes, lost_mistakes, worst_sentences
from spanloom.metrics.pairing import require_one_each
from spanloom.metrics.rows import answer_row
from spanloom.metrics.spans import match_spans, spans_from_bio
from spanloom.metrics.tag_breakdown import SIZES, SurfaceSeen, Table, size_bin
from spanloom.metrics.tags import tag_scorecard
from spanloom.text.tags import natural_order

SENTENCE, INTENT, SLOTS = "sentence", "intent", "slots"
WRONG_INTENT = "wrong intent"


def frame_scorecard(
    examples: Sequence[Example],
    predictions: Sequence[Frame],
    seen: SurfaceSeen | None = None,
    calibration: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Score predicted intents and slots against gold.

    examples: `input` is a Text, `gold` its Frame. seen: (a word, "") or (the text of a slot, its label) -> was it in
    the training data; None leaves those breakdowns out. calibration: the threshold that requests were rejected by. An
    intent of several, joined by `#`, is one class: it is right as a whole or wrong. Scores are in 0..1. Keys:

    answers    "frame"
    rule       "sentence": what models are judged by
    summary    flat: sentence_accuracy, intent_accuracy, slot_f1, slot_precision, slot_recall
    size       sentences, tokens, slots, intents, and sentences with several intents
    overall    sentence (the intent and every tag right), intent, slots (spans, boundaries and label) -> precision,
               recall, f1, tp, predicted, gold, interval (95%, over sentences), accuracy of the first two, macro of the
               last two
    labels     Intents, Slots -> label -> score; slots by name
    breakdown  name -> bin -> score: of whole sentences by length, slots and values never seen; of slots as tags have
    errors     types -> count; confusions of intents and of tags; worst: the sentences with most errors
    out_of_scope  rejected: how many; rightly_understood: how many of those have the right intent; threshold
    sentences  row -> [tp, predicted, gold] a sentence
    gold_hash  of the texts, their tokens and their gold: what makes two scorecards comparable

    Raises DataError when there is not one prediction an example, or an example has no gold.
    """
    require_one_each(examples, predictions, "sentence")
    gold = [_gold(example) for example in examples]
    slots = tag_scorecard(
        [replace(example, gold=frame.slots) for example, frame in zip(examples, gold, strict=True)],
        [answer.slots for answer in predictions],
        seen,
    )
    intents = label_scorecard(
        [replace(example, gold=frame.intent) for example, frame in zip(examples, gold, strict=True)],
        [answer.intent for answer in predictions],
    )
    right = [_right(*item) for item in zip(examples, gold, predictions, strict=True)]
    whole = np.array([[both, 1, 1] for both in right], dtype=np.int64).reshape(-1, 3)
    overall = {
        SENTENCE: answer_row(whole),
        INTENT: intents["overall"]["accuracy"],
        SLOTS: slots["overall"]["strict"],
    }
    counts = {
        SENTENCE: whole.tolist(),
        INTENT: intents["sentences"]["accuracy"],
        SLOTS: slots["sentences"]["strict"],
    }
    by_name = sorted(slots["labels"]["entities"].items(), key=lambda item: natural_order(item[0]))
    return {
        "answers": "frame",
        "rule": SENTENCE,
        "summary": _summary(overall),
        "size": _size(slots["size"], gold),
        "overall": overall,
        "labels": {"Intents": intents["labels"]["Classes"], "Slots": dict(by_name)},
        "breakdown": {**_breakdowns(examples, gold, right, seen), **_of_slots(slots["breakdown"])},
        "errors": _errors(examples, gold, predictions, intents["errors"]["confusions"], slots["errors"]["confusions"]),
        "out_of_scope": _rejected(gold, predictions, calibration),
        "sentences": counts,
        "gold_hash": hashlib.sha256(f"{intents['gold_hash']} {slots['gold_hash']}".encode()).hexdigest(),
    }


def _gold(example: Example) -> Frame:
    if not isinstance(example.gold, Frame):
        raise DataError(str(example.source), "no gold answer", "annotated requests", "Score on annotated data.")
    return example.gold


def _right(example: Example, gold: Frame, answer: Frame) -> bool:
    """The intent and every tag; where the reader could not place a slot, nothing can be."""
    same = gold.intent.names == answer.intent.names and gold.slots.labels == answer.slots.labels
    return same and not example.lost


def _summary(overall: Mapping[str, Any]) -> dict[str, float]:
    accuracies = {f"{name}_accuracy": overall[name]["f1"] for name in (SENTENCE, INTENT)}
    return accuracies | {f"slot_{name}": overall[SLOTS][name] for name in ("f1", "precision", "recall")}


def _size(slots: Mapping[str, int], gold: Sequence[Frame]) -> dict[str, int]:
    size = {"slots" if name == "entities" else name: count for name, count in slots.items()}
    size["intents"] = len({name for frame in gold for name in frame.intent.names})
    several = sum(_several(frame) for frame in gold)
    return size | ({"sentences with several intents, each set one class": several} if several else {})


def _several(frame: Frame) -> bool:
    return any(SEVERAL in name for name in frame.intent.names)


def _breakdowns(
    examples: Sequence[Example], gold: Sequence[Frame], right: Sequence[bool], seen: SurfaceSeen | None
) -> dict[str, Table]:
    """Whole sentences by what they are like."""
    spans = [spans_from_bio(frame.slots.labels) for frame in gold]
    novel = ("no slot", "all values seen in training", "a value never seen")

    def novelty(number: int) -> str:
        if not spans[number] or seen is None:
            return novel[0]
        text = examples[number].input
        return novel[1] if all(seen(text.surface(span), span.label) for span in spans[number]) else novel[2]

    tables = {
        "sentences, by length": _binned(right, SIZES, lambda number: size_bin(len(gold[number].slots.labels))),
        "sentences, by slots": _binned(
            right,
            ("0", "1", "2", "3", "4", "5+"),
            lambda number: "5+" if len(spans[number]) > 4 else str(len(spans[number])),
        ),
    }
    if seen is not None:
        tables["sentences, by slot values"] = _binned(right, novel, novelty)
    if any(map(_several, gold)):
        named = ("one", "several, as one class")
        tables["sentences, by intents"] = _binned(right, named, lambda number: named[_several(gold[number])])
    return tables


def _binned(right: Sequence[bool], bins: Sequence[str], place: Callable[[int], str]) -> Table:
    tallies = {name: Tally() for name in bins}
    for number, hit in enumerate(right):
        tallies[place(number)].add_gold(hit)
        tallies[place(number)].add_predicted(hit)
    return {name: tally.score() for name, tally in tallies.items() if tally.gold}


def _of_slots(breakdown: Mapping[str, Table]) -> dict[str, Table]:
    names = {"entities, by name and label": "slots, by value and label"}
    return {names.get(name, name.replace("entities", "slots")): table for name, table in breakdown.items()}


def _errors(
    examples: Sequence[Example],
    gold: Sequence[Frame],
    predictions: Sequence[Frame],
    intents: Sequence[Mapping[str, Any]],
    tags: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    found = [_mistakes(*item) for item in zip(examples, gold, predictions, strict=True)]
    types = dict.fromkeys((WRONG_INTENT, *ENTITY_MISTAKES), 0)
    for mistakes in found:
        for mistake in mistakes:
            types[mistake.type] += 1
    confusions = [*intents, *tags]
    return {"types": types, "confusions": confusions, "worst": worst_sentences(examples, found)}


def _mistakes(example: Example, gold: Frame, answer: Frame) -> list[Mistake]:
    match = match_spans(spans_from_bio(gold.slots.labels), spans_from_bio(answer.slots.labels), "strict")
    mistakes = [*entity_mistakes(match, example.input), *lost_mistakes(example.lost)]
    if gold.intent.names == answer.intent.names:
        return mistakes
    wanted, given = (", ".join(frame.intent.names) for frame in (gold, answer))
    return [Mistake("intents", WRONG_INTENT, wanted, given or None), *mistakes]


def _rejected(
    gold: Sequence[Frame], predictions: Sequence[Frame], calibration: Mapping[str, Any] | None
) -> dict[str, Any]:
    rejected = [
        frame.intent.names == answer.intent.names
        for frame, answer in zip(gold, predictions, strict=True)
        if answer.rejected
    ]
    threshold = None if calibration is None else calibration["threshold"]
    return {"rejected": len(rejected), "rightly_understood": sum(rejected), "threshold": threshold}
