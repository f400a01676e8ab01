"""Are labelled texts and pairs well formed: what is in them, and what in them looks like a mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

from spanloom.answers import kind_of
from spanloom.check.duplicates import leaked, repeats
from spanloom.check.issues import (
    PASSED_OVER,
    Issues,
    Spellings,
    beginning,
    case_clashes,
    length_summary,
    require_one_spelling,
)
from spanloom.core import Example
from spanloom.inputs import MarkedText, TextPair, texts_of
from spanloom.read.parts.left_out import kind_of_note

Issue = tuple[str, str]  # what kind, and the case at hand


def check_label_data(
    examples: Sequence[Example], dev: Sequence[Example] | None = None, max_words: int = 0
) -> dict[str, Any]:
    """Counts and suspected mistakes of labelled texts or pairs, as a plain dict ready for JSON.

    gold: `sizes`, name -> count; `lengths` of examples (both texts of a pair together) in tokens and in characters;
    `labels`, section -> label -> count; `shares`, name -> a part of 1, among them what always answering the most
    frequent label would score. issues: name -> {count, first: ["path:line: case", …]}.

    dev: what the model is to be scored on; it is searched for examples of the training data, and for labels and words
    that training never has, letter case aside. max_words: an example of more tokens is cut off there, 0 for no limit.
    """
    issues = Issues()
    for name, source, case in repeats(examples, question_of, _gold_labels):
        issues.add(name, source, case)
    spelled: Spellings = {}
    for example in examples:
        for source, case in example.mended:
            issues.add(kind_of_note(case) or PASSED_OVER, source, case)
        clashes = case_clashes(labels_of(example), example.source, spelled)
        for name, case in (*_issues(example, max_words), *clashes):
            issues.add(name, example.source, case)
    counts = label_counts(examples)
    for example in examples:
        for _, label in labels_of(example):
            if counts[label] == 1 and len(examples) > 1:
                issues.add("label of a single example", example.source, label)
    gold: dict[str, Any] = {
        "sizes": _sizes(examples),
        "lengths": _lengths(examples),
        "labels": {"labels": dict(counts.most_common())},
        "shares": {"most frequent label": round(max(counts.values(), default=0) / len(examples), 4)}
        if examples
        else {},
    }
    found = issues.to_dict()
    if dev is not None:
        found |= _compare(examples, dev, gold)
    return {"answers": "label", "gold": gold, "issues": found}


def _compare(examples: Sequence[Example], dev: Sequence[Example], gold: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Issues of the dev data beside the training data; their counts are added to `gold`."""
    issues = Issues()
    labels = label_counts(examples)
    seen = {word.casefold() for word in _all_words(examples)}
    new: set[str] = set()
    for example in dev:
        for word in dict.fromkeys(_all_words([example])):
            if word.casefold() not in seen and word.casefold() not in new:
                new.add(word.casefold())
                issues.add("dev words never seen in train", example.source, word)
    for example in dev:
        for _, label in labels_of(example):
            if label not in labels:
                issues.add("dev labels never seen in train", example.source, label)
    gold["sizes"] |= {f"dev {name}": count for name, count in _sizes(dev).items()}
    gold["labels"]["labels in dev"] = dict(label_counts(dev).most_common())
    unseen = [word.casefold() in new for word in _all_words(dev)]
    gold["shares"]["dev tokens never seen in train"] = round(sum(unseen) / max(1, len(unseen)), 4)
    return issues.to_dict() | leaked(examples, dev)


def require_label_spelling(examples: Iterable[Example]) -> None:
    """Raise DataError where two labels differ only by case, citing both lines: they would be learnt as two classes."""
    require_one_spelling(examples, labels_of)


def label_counts(examples: Iterable[Example]) -> Counter[str]:
    """How many examples have each label."""
    return Counter(label for example in examples for _, label in labels_of(example))


def words_of(example: Example) -> tuple[tuple[str, ...], ...]:
    """The tokens of each of an example's texts: what two examples share that read the same, however they are spaced."""
    return tuple(tuple(token.text for token in text.tokens) for text in texts_of(example.input))


def question_of(example: Example) -> Hashable:
    """What two examples share that ask the same: their words, and the spans that are marked in them."""
    item = example.input
    places = [(span.start, span.end) for span in (item.head, item.tail)] if isinstance(item, MarkedText) else []
    return words_of(example), tuple(places)


def _all_words(examples: Iterable[Example]) -> Iterator[str]:
    return (word for example in examples for words in words_of(example) for word in words)


def labels_of(example: Example) -> list[tuple[str, str]]:
    """The labels of an example's gold, each with what it is of."""
    return list(kind_of(example.gold).classes(example.gold))


def _gold_labels(example: Example) -> Hashable:
    return example.gold and tuple(labels_of(example))


def _sizes(examples: Sequence[Example]) -> dict[str, int]:
    sizes = {
        "examples": len(examples),
        "tokens": sum(1 for _ in _all_words(examples)),
        "labels": len(label_counts(examples)),
    }
    unusual = {
        "pairs": sum(isinstance(example.input, TextPair) for example in examples),
        "without gold": sum(example.gold is None for example in examples),
        "with no label": sum(example.gold is not None and not labels_of(example) for example in examples),
        "with several labels": sum(len(labels_of(example)) > 1 for example in examples),
    }
    return sizes | {name: count for name, count in unusual.items() if count}


def _lengths(examples: Sequence[Example]) -> dict[str, dict[str, float]]:
    return {
        "tokens": length_summary([sum(map(len, words_of(example))) for example in examples]),
        "characters": length_summary([sum(len(text.text) for text in texts_of(example.input)) for example in examples]),
    }


def _issues(example: Example, max_words: int) -> Iterator[Issue]:
    texts, words = texts_of(example.input), words_of(example)
    for missing in example.lost:
        yield f"{missing.kind} {missing.cause}", missing.text
    if example.gold is None:
        yield "no gold", beginning(texts[0].text)
    for text in texts:
        if len(text.tokens) < 2:
            yield "text of one token" if text.tokens else "text without a token", beginning(text.text)
    if len(words) == 2 and words[0] == words[1]:
        yield "pair of equal texts", beginning(texts[0].text)
    length = sum(map(len, words))
    if 0 < max_words < length:
        yield f"more than {max_words} tokens, cut off there", f"{length} tokens: {beginning(texts[0].text)}"
