"""The scorecard of rewritten utterances: one plain dict, saved as JSON.

Texts are compared by their tokens (`text.words`): single Chinese and Japanese characters, words and numbers of other
scripts, marks. So spaces count for nothing. N examples.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spanloom.answers.rewrite import Rewrite
from spanloom.core import Array, Example
from spanloom.errors import DataError
from spanloom.inputs import Dialogue
from spanloom.metrics.matching import binned, harmonic, ratio, tallied
from spanloom.metrics.measures import kept, measured
from spanloom.metrics.pairing import require_one_each
from spanloom.metrics.rows import answer_row
from spanloom.text.edits import common
from spanloom.text.words import tokenize

EXACT, BLEU, ROUGE = "exact match", "BLEU-4", "ROUGE-L"
WORST = 20

NOT_REWRITTEN, NEEDLESS = "not rewritten", "needlessly rewritten"
OTHER_PLACE, TOO_LITTLE, TOO_MUCH, OTHER_WORDS = (
    "the right words in another order",
    "words missing",
    "words too many",
    "other words",
)
ERRORS = (NOT_REWRITTEN, NEEDLESS, OTHER_PLACE, TOO_LITTLE, TOO_MUCH, OTHER_WORDS)

Words = tuple[str, ...]


@dataclass(frozen=True)
class RewritePair:
    """The tokens of the utterance, of its gold rewrite and of the predicted one, and all tokens of the dialogue."""

    utterance: Words
    gold: Words
    predicted: Words
    length: int
    turns: int


def rewrite_scorecard(examples: Sequence[Example], predictions: Sequence[Rewrite]) -> dict[str, Any]:
    """Score rewrites against gold. Scores are in 0..1. Keys of the result:

    answers    "rewrite"
    rule       the row of `overall` that models are judged by, "exact match"
    summary    flat: exact_match, bleu, rouge, restored_1_f1, …
    size       dialogues, and how many of them are rewritten in gold
    overall    "exact match" and "restored n-grams" for n = 1, 2, 3 -> precision, recall, f1, tp, predicted, gold and
               interval (95%, over dialogues); "BLEU-4" and "ROUGE-L" -> value, interval
    labels     nothing
    breakdown  name -> bin -> exact match
    errors     types; confusions: none; worst: the most confident mistakes
    sentences  rows with counts -> counts of each dialogue, [right, predicted, gold]
    measured   "BLEU-4" and "ROUGE-L" -> what `spanloom compare` needs of them, see `measures.kept`
    gold_hash  of the dialogues and their gold: what makes two scorecards comparable

    Restored n-grams are those, each once a dialogue, that hold a token which the utterance does not have (Pan et al.
    2019, https://aclanthology.org/D19-1191); unlike there, what is restored without need counts as predicted too.
    BLEU-4 is of the whole corpus, without smoothing (Papineni et al. 2002, https://aclanthology.org/P02-1040); ROUGE-L
    the mean of each dialogue's F1 (Lin 2004, https://aclanthology.org/W04-1013). Raises DataError when there is not one
    prediction an example, or no gold.
    """
    require_one_each(examples, predictions, "example")
    judged = [_judge(*pair) for pair in zip(examples, predictions, strict=True)]
    rows = {EXACT: _counts(judged, lambda item: (item.gold == item.predicted, 1, 1))}
    for n in (1, 2, 3):
        rows[f"restored {n}-grams"] = _counts(judged, lambda item, n=n: restored_counts(item, n))  # type: ignore[misc]
    overall = {name: answer_row(table) for name, table in rows.items()}
    by_measure = {
        BLEU: (np.array([bleu_counts(item.predicted, item.gold) for item in judged]), "BLEU-4"),
        ROUGE: (np.array([[rouge(item.predicted, item.gold), 1.0] for item in judged]), "mean"),
    }
    overall |= {name: measured(*given) for name, given in by_measure.items()}
    summary = {"exact_match": overall[EXACT]["f1"], "bleu": overall[BLEU]["value"], "rouge": overall[ROUGE]["value"]}
    return {
        "answers": "rewrite",
        "rule": EXACT,
        "summary": summary | {f"restored_{n}_f1": overall[f"restored {n}-grams"]["f1"] for n in (1, 2, 3)},
        "size": {"dialogues": len(judged), "rewritten": sum(item.gold != item.utterance for item in judged)},
        "overall": overall,
        "labels": {},
        "breakdown": _breakdowns(judged, rows[EXACT]),
        "errors": _errors(examples, predictions, judged),
        "sentences": {name: table.tolist() for name, table in rows.items()},
        "measured": {name: kept(*given) for name, given in by_measure.items()},
        "gold_hash": _gold_hash(examples),
    }


def text_words(text: str) -> Words:
    return tuple(token.text for token in tokenize(text))


def restored_counts(item: RewritePair, n: int) -> tuple[int, int, int]:
    """Right, predicted and gold n-grams, each once, that hold a token which the utterance does not have."""
    there = set(item.utterance)
    predicted, gold = (
        {ngram for ngram in ngrams(words, n) if not there.issuperset(ngram)} for words in (item.predicted, item.gold)
    )
    return len(predicted & gold), len(predicted), len(gold)


def ngrams(words: Words, n: int) -> Counter[Words]:
    return Counter(words[start : start + n] for start in range(len(words) - n + 1))


def bleu_counts(predicted: Words, gold: Words) -> list[int]:
    """Of a pair: right and predicted n-grams for n = 1 to 4, and the two lengths, [10]: what `bleu` takes sums of."""
    counts: list[int] = []
    for n in (1, 2, 3, 4):
        found = ngrams(predicted, n)
        counts += [(found & ngrams(gold, n)).total(), found.total()]
    return [*counts, len(predicted), len(gold)]


def rouge(predicted: Words, gold: Words) -> float:
    """ROUGE-L of a pair: F1 of the longest common subsequence."""
    shared = sum(common(predicted, gold))
    return harmonic(ratio(shared, len(predicted)), ratio(shared, len(gold)))


def _judge(example: Example, prediction: Rewrite) -> RewritePair:
    if not isinstance(example.gold, Rewrite):
        raise DataError(str(example.source), "no gold answer", "rewritten dialogues", "Score on data with rewrites.")
    turns = example.input.turns
    length = sum(len(turn.tokens) for turn in turns)
    last = tuple(token.text for token in turns[-1].tokens)
    return RewritePair(last, text_words(example.gold.text), text_words(prediction.text), length, len(turns))


def _counts(judged: Sequence[RewritePair], count: Callable[[RewritePair], tuple[int, int, int]]) -> Array:
    return np.array([count(item) for item in judged], dtype=np.int64).reshape(-1, 3)


def _breakdowns(judged: Sequence[RewritePair], exact: Array) -> dict[str, Any]:
    kinds = [_kind(item) for item in judged]
    found = {"what gold does": {kind: tallied(exact[[k == kind for k in kinds]]) for kind in sorted(set(kinds))}}
    for name, values, edges in (
        ("turns of the dialogue", [item.turns for item in judged], (1, 2, 3, 5)),
        ("tokens of the dialogue", [item.length for item in judged], (10, 20, 40, 80)),
        ("tokens of the utterance", [len(item.utterance) for item in judged], (2, 5, 10, 20)),
        ("restored tokens", [restored_counts(item, 1)[2] for item in judged], (0, 1, 2, 4, 8)),
    ):
        found[name] = binned(values, exact, edges)
    return found


def _kind(item: RewritePair) -> str:
    """What a gold rewrite does with the utterance."""
    if item.gold == item.utterance:
        return "leaves it as it is"
    kept = sum(common(item.utterance, item.gold))
    if kept == len(item.utterance):
        return "inserts"
    return "deletes" if kept == len(item.gold) else "replaces"


def mistake(item: RewritePair) -> str:
    """What is wrong with a prediction; "" where nothing is."""
    if item.predicted == item.gold:
        return ""
    if item.predicted == item.utterance:
        return NOT_REWRITTEN
    if item.gold == item.utterance:
        return NEEDLESS
    predicted, gold = Counter(item.predicted), Counter(item.gold)
    if predicted == gold:
        return OTHER_PLACE
    if predicted < gold:
        return TOO_LITTLE
    return TOO_MUCH if gold < predicted else OTHER_WORDS


def _errors(
    examples: Sequence[Example], predictions: Sequence[Rewrite], judged: Sequence[RewritePair]
) -> dict[str, Any]:
    types = dict.fromkeys(ERRORS, 0)
    wrong: list[tuple[float, int, str]] = []
    for number, (item, answer) in enumerate(zip(judged, predictions, strict=True)):
        if kind := mistake(item):
            types[kind] += 1
            wrong.append((-(answer.score or 0.0), number, kind))
    worst = [_wrong(examples[number], predictions[number], kind) for _, number, kind in sorted(wrong)[:WORST]]
    return {"types": types, "confusions": [], "worst": worst}


def _wrong(example: Example, answer: Rewrite, kind: str) -> dict[str, Any]:
    scored = {} if answer.score is None else {"score": float(answer.score)}
    error = {"type": kind, "gold": example.gold.text, "predicted": answer.text, **scored}  # type: ignore[union-attr]
    return {"source": str(example.source), "text": _shown(example.input), "errors": [error]}


def _shown(dialogue: Dialogue) -> str:
    return " | ".join(turn.text for turn in dialogue.turns)


def _gold_hash(examples: Sequence[Example]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps([[turn.text for turn in example.input.turns], example.gold.text]).encode("utf-8"))  # type: ignore[union-attr]
    return digest.hexdigest()
