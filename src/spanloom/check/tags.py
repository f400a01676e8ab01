"""Are tagged sentences well formed: what is in them, and what in them looks like a mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from spanloom.check.duplicates import leaked, repeats
from spanloom.check.issues import (
    PASSED_OVER,
    SHOWN,
    Issues,
    Spellings,
    beginning,
    case_clashes,
    length_summary,
    require_one_spelling,
)
from spanloom.core import Example, Source
from spanloom.inputs import Text
from spanloom.read.parts.left_out import kind_of_note
from spanloom.text.tag_spelling import look_like_spans
from spanloom.text.tags import illegal, is_bio2, parts_of, spans_from_tags

LONG = 200
"""Tokens of a sentence beyond which two were probably not parted, and a transformer may have to cut it."""
MENDED = "illegal transition, mended"
LIKE_SPANS = "tags look like spans, but are read as plain labels"
Issue = tuple[str, str]  # what kind, and the case at hand


def check_tags(examples: Sequence[Example], dev: Sequence[Example] | None = None) -> dict[str, Any]:
    """Counts and suspected mistakes of tagged sentences, as a plain dict ready for JSON.

    gold: `sizes`, name -> count; `lengths` of sentences in tokens and in characters; `labels`, section -> label ->
    count, of entities where the tags are those of spans, else of tokens; `shares`, name -> a part of 1. issues: name ->
    {count, first: ["path:line: case", …]}.

    dev: what the model is to be scored on; it is searched for sentences of the training data, and for labels and words
    that training never has, letter case aside.
    """
    spans = _are_spans(examples)
    issues = Issues()
    for name, source, case in repeats(examples, words_of, lambda example: example.gold and example.gold.labels):
        issues.add(name, source, case)
    spelled: Spellings = {}
    for example in examples:
        for source, case in example.mended:
            issues.add(MENDED if case.startswith("tag '") else kind_of_note(case) or PASSED_OVER, source, case)
        clashes = case_clashes(labels_of(example), example.source, spelled)
        for name, case in (*_issues(example, spans), *clashes):
            issues.add(name, example.source, case)
    if not spans and (odd := _like_spans(examples)):
        issues.add(LIKE_SPANS, *odd)
    gold: dict[str, Any] = {
        "sizes": _sizes(examples, spans),
        "lengths": {
            "tokens": length_summary([len(words_of(example)) for example in examples]),
            "characters": length_summary([len(example.input.text) for example in examples]),
        },
        "labels": {_section(spans): dict(_counts(examples, spans).most_common())},
        "shares": {},
    }
    found = issues.to_dict()
    if dev is not None:
        found |= _compare(examples, dev, spans, gold)
    return {"answers": "tags", "gold": gold, "issues": found}


def _compare(
    examples: Sequence[Example], dev: Sequence[Example], spans: bool, gold: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Issues of the dev data beside the training data; their counts are added to `gold`."""
    issues = Issues()
    known = {word.casefold() for example in examples for word in words_of(example)}
    labels = _counts(examples, spans)
    new: set[str] = set()
    tokens = unseen = 0
    for example in dev:
        for word in map(str.casefold, words_of(example)):
            tokens += 1
            unseen += word not in known
            if word not in known and word not in new:
                new.add(word)
                issues.add("dev words never seen in train", example.source, word)
        for label in dict.fromkeys(_counts([example], spans)):
            if label not in labels:
                issues.add("dev labels never seen in train", example.source, label)
    gold["sizes"] |= {f"dev {name}": count for name, count in _sizes(dev, spans).items()}
    gold["labels"][f"{_section(spans)} in dev"] = dict(_counts(dev, spans).most_common())
    gold["shares"]["dev tokens never seen in train"] = round(unseen / max(1, tokens), 4)
    return issues.to_dict() | leaked(examples, dev)


def require_tag_spelling(examples: Iterable[Example]) -> None:
    """Raise DataError where two labels differ only by case, citing both lines: they would be learnt as two things."""
    require_one_spelling(examples, labels_of)


def words_of(example: Example) -> tuple[str, ...]:
    """The tokens of a sentence: what two examples share that read the same, however they are spaced."""
    return tuple(token.text for token in example.input.tokens)


def _are_spans(examples: Iterable[Example]) -> bool:
    """Whether every tag is one of a span."""
    return all(is_bio2(example.gold.labels) for example in examples if example.gold)


def _like_spans(examples: Sequence[Example]) -> tuple[Source, str] | None:
    """Where labels begin that look like tags of spans in some spelling, and some of them; None if they do not."""
    counts = _counts(examples, spans=False)
    if not look_like_spans(counts):
        return None
    named = ", ".join(f"'{label}'" for label, _ in counts.most_common(SHOWN))
    return next(example.source for example in examples if example.gold), f"{named}; set data.tags if they are spans"


def _section(spans: bool) -> str:
    return "entities" if spans else "tags"


def labels_of(example: Example) -> list[tuple[str, str]]:
    """Labels with what they are of: an entity's is the same whether its tag says B or I."""
    labels = example.gold.labels if example.gold else ()
    parts = (parts_of(label, "bio2") for label in labels) if is_bio2(labels) else ()
    named = [("entity", part[1]) for part in parts if part and part[1]] or [("tag", label) for label in labels]
    return [*named, *((fact.kind, fact.label) for fact in example.lost)]


def _counts(examples: Iterable[Example], spans: bool) -> Counter[str]:
    """How many entities, or else tokens, have each label."""
    counts: Counter[str] = Counter()
    for example in examples:
        labels = example.gold.labels if example.gold else ()
        counts.update(span.label for span in spans_from_tags(labels, "bio2")) if spans else counts.update(labels)
        counts.update(fact.label for fact in example.lost)
    return counts


def _sizes(examples: Sequence[Example], spans: bool) -> dict[str, int]:
    counts = _counts(examples, spans)
    sizes = {
        "sentences": len(examples),
        "tokens": sum(len(words_of(example)) for example in examples),
        "different words": len({word for example in examples for word in words_of(example)}),
        **({"entities": counts.total()} if spans else {}),
        "labels": len(counts),
    }
    without = sum(example.gold is None for example in examples)
    return sizes | ({"without gold": without} if without else {})


def _issues(example: Example, spans: bool) -> Iterator[Issue]:
    text: Text = example.input
    if example.gold is None:
        yield "no gold", beginning(text.text)
    elif spans:
        for position, before, tag in illegal(example.gold.labels, "bio2"):
            yield "illegal transition", f"tag '{tag}' of token {position} follows '{before or 'nothing'}'"
    for missing in example.lost:
        yield f"{missing.kind} {missing.cause}", missing.text
    if len(text.tokens) == 1:
        yield "text of one token", beginning(text.text)
    if len(text.tokens) > LONG:
        yield f"text of more than {LONG} tokens", f"{len(text.tokens)} tokens: {beginning(text.text)}"
