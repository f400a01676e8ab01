"""Are related spans well formed: what is in them, and what in them looks like a mistake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from spanloom.check.issues import Issues, beginning, length_summary
from spanloom.check.labels import check_label_data
from spanloom.core import Example
from spanloom.inputs import MarkedText
from spanloom.text.marks import words_between, write_marks


def check_relations(
    examples: Sequence[Example], dev: Sequence[Example] | None = None, max_words: int = 0
) -> dict[str, Any]:
    """What `check_label_data` says of them, two examples being alike where their text and both spans are, and of spans.

    max_words: of a longer text an excerpt around both spans is read, 0 for no limit.
    """
    found = check_label_data(examples, dev)
    items: list[MarkedText] = [example.input for example in examples]
    found["gold"]["lengths"]["tokens between the spans"] = length_summary([words_between(item) for item in items])
    before = sum(item.head.start < item.tail.start for item in items)
    found["gold"]["shares"]["head before tail"] = round(before / max(1, len(items)), 4)
    issues = Issues()
    for example in examples:
        for name, case in _issues(example.input, max_words):
            issues.add(name, example.source, case)
    return {**found, "answers": "relation", "issues": found["issues"] | issues.to_dict()}


def _issues(item: MarkedText, max_words: int) -> Iterator[tuple[str, str]]:
    head, tail = ((span.start, span.end) for span in (item.head, item.tail))
    if head == tail:
        yield "head and tail are the same span", beginning(write_marks(item))
    elif head[0] < tail[1] and tail[0] < head[1]:
        yield "head and tail overlap", beginning(write_marks(item))
    length = len(item.text.tokens)
    if 0 < max_words < length:
        yield f"more than {max_words} tokens, an excerpt is read", f"{length} tokens: {beginning(item.text.text)}"
