"""Scores of rewrites: hand-worked, and laws that BLEU and ROUGE keep."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from spanloom.answers.rewrite import Rewrite
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Dialogue, Text
from spanloom.metrics.comparison import compare_scorecards
from spanloom.metrics.measures import bleu
from spanloom.metrics.rewriting import (
    ERRORS,
    NEEDLESS,
    NOT_REWRITTEN,
    OTHER_PLACE,
    OTHER_WORDS,
    TOO_LITTLE,
    TOO_MUCH,
    RewritePair,
    bleu_counts,
    mistake,
    restored_counts,
    rewrite_scorecard,
    rouge,
    text_words,
)
from spanloom.text.words import tokenize


def example(*turns: str, gold: str | None = None, line: int = 1) -> Example:
    texts = tuple(Text(turn, tokenize(turn)) for turn in turns)
    return Example(Dialogue(texts), None if gold is None else Rewrite(gold), Source("d.tsv", line))


def judged(utterance: str, gold: str, predicted: str) -> RewritePair:
    return RewritePair(*(text_words(text) for text in (utterance, gold, predicted)), 9, 3)


def test_bleu_of_a_corpus_by_hand() -> None:
    """Two pairs: 7 and 5 predicted tokens beside 6 and 6 of gold, so no brevity penalty."""
    pairs = [("a b c d x e f", "a b c d e f"), ("g h i j k", "g h i j k l")]
    counts = np.array([bleu_counts(tuple(one.split()), tuple(two.split())) for one, two in pairs])
    right, predicted = (6 + 5, 4 + 4, 2 + 3, 1 + 2), (7 + 5, 6 + 4, 5 + 3, 4 + 2)
    assert counts.sum(axis=0).tolist() == [*np.array([right, predicted]).T.ravel().tolist(), 12, 12]
    wanted = math.prod(r / p for r, p in zip(right, predicted, strict=True)) ** 0.25
    assert float(bleu(counts.sum(axis=0))) == pytest.approx(wanted)
    short = np.array(bleu_counts(tuple("abcd"), tuple("abcdef")))
    assert float(bleu(short)) == pytest.approx(math.exp(1 - 6 / 4))
    assert float(bleu(np.array(bleu_counts(tuple("abc"), tuple("abc"))))) == 0.0  # no 4-gram at all
    assert float(bleu(np.array(bleu_counts((), tuple("abcd"))))) == 0.0


def test_a_repeated_ngram_counts_as_often_as_gold_has_it() -> None:
    assert bleu_counts(tuple("aaaa"), tuple("aab"))[:4] == [2, 4, 1, 3]


def test_rouge_is_the_f1_of_the_longest_common_subsequence() -> None:
    assert rouge(tuple("axbyc"), tuple("abcd")) == pytest.approx(2 * 3 / (5 + 4))
    assert rouge((), tuple("ab")) == 0.0


def test_restored_ngrams_hold_a_word_that_the_utterance_lacks() -> None:
    item = judged("是谁", "小明是谁", "小红是谁呢")
    assert restored_counts(item, 1) == (1, 3, 2)  # 小 of 小红呢, beside 小明
    assert restored_counts(item, 2) == (0, 3, 2)  # 小红 红是 谁呢, beside 小明 明是
    assert restored_counts(item, 3) == (0, 3, 2)  # 小红是 红是谁 是谁呢, beside 小明是 明是谁
    assert restored_counts(judged("a b", "b a a", "a b b"), 2) == (0, 0, 0)  # new pairs of old words
    assert restored_counts(judged("a", "c c a", "c c c a"), 2) == (2, 2, 2)  # each once
    assert restored_counts(judged("a", "a", "c a"), 1) == (0, 1, 0)  # without need


@pytest.mark.parametrize(
    ("utterance", "gold", "predicted", "kind"),
    [
        ("是谁", "小明是谁", "小明是谁", ""),
        ("是谁", "小明是谁", "是谁", NOT_REWRITTEN),
        ("是谁", "是谁", "小明是谁", NEEDLESS),
        ("是谁", "小明是谁", "是谁小明", OTHER_PLACE),
        ("是谁", "小明是谁", "明是谁", TOO_LITTLE),
        ("是谁", "小明是谁", "小明是谁呢", TOO_MUCH),
        ("是谁", "小明是谁", "小红是谁", OTHER_WORDS),
        ("是谁", "小明 是谁", "小明是谁", ""),
    ],
)
def test_every_mistake_has_one_kind(utterance: str, gold: str, predicted: str, kind: str) -> None:
    assert mistake(judged(utterance, gold, predicted)) == kind


EXAMPLES = [
    example("小明来了", "几点", "是谁", gold="小明是谁", line=1),
    example("小明来了", "谢谢", gold="谢谢", line=2),
    example("灯塔", "在哪", "它多高", gold="灯塔多高", line=3),
]


def test_a_scorecard_by_hand() -> None:
    answers = [Rewrite("小明是谁", 0.9), Rewrite("谢谢", 0.8), Rewrite("它多高", 0.7)]
    card = rewrite_scorecard(EXAMPLES, answers)
    exact, first = card["overall"]["exact match"], card["overall"]["restored 1-grams"]
    assert (exact["f1"], exact["tp"], exact["gold"]) == (pytest.approx(2 / 3), 2, 3)
    assert (first["tp"], first["predicted"], first["gold"]) == (2, 2, 4)
    assert card["overall"]["ROUGE-L"]["value"] == pytest.approx((1 + 1 + 2 * 2 / (3 + 4)) / 3)
    assert card["overall"]["BLEU-4"]["value"] == pytest.approx(float(bleu(bleu_sums())))
    low, high = card["overall"]["BLEU-4"]["interval"]
    assert 0 <= low <= card["overall"]["BLEU-4"]["value"] <= high <= 1
    assert card["size"] == {"dialogues": 3, "rewritten": 2}
    assert card["errors"]["types"] == {**dict.fromkeys(ERRORS, 0), NOT_REWRITTEN: 1}
    assert card["errors"]["worst"][0]["source"] == "d.tsv:3"
    assert card["breakdown"]["what gold does"].keys() == {"inserts", "replaces", "leaves it as it is"}
    assert card["breakdown"]["what gold does"]["replaces"]["f1"] == 0.0
    assert card["sentences"]["exact match"] == [[1, 1, 1], [1, 1, 1], [0, 1, 1]]
    assert card["summary"]["exact_match"] == exact["f1"]
    json.dumps(card)


def bleu_sums() -> np.ndarray:  # type: ignore[type-arg]
    pairs = [("小明是谁", "小明是谁"), ("谢谢", "谢谢"), ("它多高", "灯塔多高")]
    return np.array([bleu_counts(text_words(one), text_words(two)) for one, two in pairs]).sum(axis=0)


def test_two_scorecards_of_the_same_dialogues_are_compared() -> None:
    answers = [Rewrite("小明是谁"), Rewrite("谢谢"), Rewrite("它多高")]
    a = rewrite_scorecard(EXAMPLES, answers)
    b = rewrite_scorecard(EXAMPLES, [example.gold for example in EXAMPLES])  # type: ignore[misc]
    found = compare_scorecards(a, b)
    assert found["rule"] == "exact match"
    assert found["tests"]["exact match"]["difference"] == pytest.approx(1 / 3)
    assert b["overall"]["BLEU-4"]["value"] == b["overall"]["ROUGE-L"]["value"] == 1.0
    for name in ("BLEU-4", "ROUGE-L"):
        test = found["tests"][name]
        assert (test["a"], test["b"]) == (a["overall"][name]["value"], 1.0)
        assert test["better"] == "higher"


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(DataError, match="1 prediction for 3 examples; one an example"):
        rewrite_scorecard(EXAMPLES, [Rewrite("a")])
    with pytest.raises(DataError, match=r"d\.tsv:7: no gold answer; rewritten dialogues"):
        rewrite_scorecard([example("a", line=7)], [Rewrite("a")])
