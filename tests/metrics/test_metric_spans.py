from __future__ import annotations

import warnings

import numpy as np
import pytest
from nervaluate import Evaluator
from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2

from spanloom.errors import DataError
from spanloom.inputs import Span, Text, Token
from spanloom.metrics.spans import bio_from_spans, count_spans, match_spans, spans_from_bio

LABELS = ["Person", "City", "Ship"]


def random_spans(generator: np.random.Generator, length: int) -> list[Span]:
    spans, position = [], int(generator.integers(0, 3))
    while position < length:
        end = min(length, position + int(generator.integers(1, 4)))
        spans.append(Span(position, end, LABELS[generator.integers(len(LABELS))]))
        position = end + int(generator.integers(0, 3))
    return spans


def disturbed(generator: np.random.Generator, spans: list[Span], length: int) -> list[Span]:
    """The same spans with some dropped, relabelled or shortened, so that there are hits and errors of every type."""
    changed = []
    for span in spans:
        fate = generator.integers(6)
        if fate == 0:
            continue
        label = LABELS[generator.integers(len(LABELS))] if fate == 1 else span.label
        changed.append(Span(span.start, span.end - 1 if fate == 2 and span.end - span.start > 1 else span.end, label))
    return changed if changed else random_spans(generator, length)


def corpus(seed: int) -> tuple[list[list[Span]], list[list[Span]], list[int]]:
    generator = np.random.default_rng(seed)
    lengths = [int(n) for n in generator.integers(4, 15, size=120)]
    gold = [random_spans(generator, length) for length in lengths]
    return gold, [disturbed(generator, spans, length) for spans, length in zip(gold, lengths, strict=True)], lengths


def test_bio_by_hand() -> None:
    spans = (Span(0, 2, "Person"), Span(2, 3, "Person"), Span(4, 5, "City"))
    tags = ["B-Person", "I-Person", "B-Person", "O", "B-City", "O"]
    assert bio_from_spans(spans, 6) == tags
    assert spans_from_bio(tags) == spans
    assert spans_from_bio([]) == ()


def test_a_continuation_of_nothing_is_no_span() -> None:
    assert spans_from_bio(["I-City", "B-City", "I-Ship", "I-Ship", "O"]) == (Span(1, 2, "City"),)
    assert spans_from_bio(["B-first-name", "I-first-name"]) == (Span(0, 2, "first-name"),)


@pytest.mark.parametrize("seed", [0, 1])
def test_bio_round_trip(seed: int) -> None:
    gold, _, lengths = corpus(seed)
    for spans, length in zip(gold, lengths, strict=True):
        assert list(spans_from_bio(bio_from_spans(spans, length))) == spans


def test_bio_refuses_what_it_cannot_say() -> None:
    with pytest.raises(DataError, match=r"span 1:2 'City' overlaps another span"):
        bio_from_spans([Span(0, 3, "Person"), Span(1, 2, "City")], 4)
    with pytest.raises(DataError, match=r"span 2:5 'City' is not inside 4 tokens"):
        bio_from_spans([Span(2, 5, "City")], 4)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_strict_agrees_with_seqeval_on_arbitrary_tags(seed: int) -> None:
    generator = np.random.default_rng(seed)
    tags = ["O", *(f"{prefix}-{label}" for prefix in "BI" for label in LABELS)]
    gold = [[tags[i] for i in generator.integers(len(tags), size=12)] for _ in range(150)]
    predicted = [[tag if generator.random() < 0.8 else tags[generator.integers(len(tags))] for tag in s] for s in gold]
    counts = np.array(
        [count_spans(spans_from_bio(a), spans_from_bio(b)) for a, b in zip(gold, predicted, strict=True)]
    ).sum(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # seqeval: a label that was never predicted
        precision, recall, f1, _ = precision_recall_fscore_support(
            gold, predicted, mode="strict", scheme=IOB2, average="micro"
        )
    assert counts[0] / counts[1] == pytest.approx(precision)
    assert counts[0] / counts[2] == pytest.approx(recall)
    assert 2 * counts[0] / (counts[1] + counts[2]) == pytest.approx(f1)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("rule", "strategy"), [("strict", "strict"), ("boundaries", "exact")])
def test_agrees_with_nervaluate(rule: str, strategy: str, seed: int) -> None:
    gold, predicted, lengths = corpus(seed)
    bio = [[bio_from_spans(s, n) for s, n in zip(side, lengths, strict=True)] for side in (gold, predicted)]
    theirs = Evaluator(bio[0], bio[1], tags=LABELS, loader="list").evaluate()["overall"][strategy]
    ours = np.array([count_spans(a, b, rule) for a, b in zip(gold, predicted, strict=True)]).sum(axis=0)
    assert ours.tolist() == [theirs.correct, theirs.actual, theirs.possible]
    assert 0 < ours[0] < ours[2]


def test_head_word_looks_at_the_last_token_only() -> None:
    gold, predicted = [Span(0, 3, "Person")], [Span(2, 3, "City")]
    assert [count_spans(gold, predicted, rule) for rule in ("head word", "boundaries", "strict")] == [
        (1, 1, 1),
        (0, 1, 1),
        (0, 1, 1),
    ]


def test_a_duplicate_counts_once_and_no_gold_leaves_under_a_looser_rule() -> None:
    gold = [Span(0, 2, "Person"), Span(1, 2, "Person"), Span(1, 2, "City")]
    predicted = [Span(1, 2, "City"), Span(1, 2, "City", 0.4)]
    for rule in ("head word", "boundaries", "strict"):
        match = match_spans(gold, predicted, rule)
        assert match.counts() == (1, 1, 3)
        # the exact gold span is the one that is found, whichever rule is asked
        assert [span for span, found in zip(match.gold, match.found, strict=True) if found] == [Span(1, 2, "City")]


@pytest.mark.parametrize("seed", [0, 1])
def test_a_looser_rule_never_finds_less(seed: int) -> None:
    for gold, predicted in zip(*corpus(seed)[:2], strict=True):
        head, boundaries, strict = (count_spans(gold, predicted, r)[0] for r in ("head word", "boundaries", "strict"))
        assert head >= boundaries >= strict


def test_with_a_text_the_same_words_elsewhere_are_the_same_fact() -> None:
    words = ["Oslo", "or", "Oslo", "Harbour"]
    starts = [0, 5, 8, 13]
    text = Text("Oslo or Oslo Harbour", tuple(Token(w, s, s + len(w)) for w, s in zip(words, starts, strict=True)))
    gold, predicted = [Span(0, 1, "City")], [Span(2, 3, "City"), Span(0, 1, "City")]
    assert match_spans(gold, predicted, "strict", text).counts() == (1, 1, 1)
    assert match_spans([Span(2, 4, "Port")], [Span(3, 4, "Port")], "head word", text).counts() == (1, 1, 1)
    assert match_spans([Span(2, 4, "Port")], [Span(3, 4, "Port")], "boundaries", text).counts() == (0, 1, 1)
