"""Which examples are held out together: a fold each, so that what judges an example has seen nothing like it.

Documents are not joined where they share a text: headings that many have would make most of a newspaper one fold. What
is trained for a fold leaves out the texts that stand in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from spanloom.check.leaks import asked
from spanloom.core import Example
from spanloom.errors import ConfigError
from spanloom.text.counts import several


def assign(
    examples: Sequence[Example], folds: int, seed: int, documents: Sequence[str | None] | None = None
) -> list[int]:
    """The fold of each example, of about the same size each. Pure: by the texts and the seed, in whatever order.

    A document is in one fold; so are equal texts, white space and case aside, that are in no document. documents: which
    each is of, None for none. Raises ConfigError where there are fewer groups than folds.
    """
    texts = [asked(example.input) for example in examples]
    grouped: dict[tuple[str, str], list[int]] = {}
    for number, (text, document) in enumerate(zip(texts, documents or [None] * len(texts), strict=True)):
        grouped.setdefault(("text", text) if document is None else ("document", document), []).append(number)
    groups = list(grouped.values())
    if len(groups) < folds:
        what = "text or document" if documents else "text"
        found = f"is {folds}, and the data have {several(len(groups), what)} apart from one another"
        raise ConfigError("--folds", found, "at most one fold for each", "Lower it, or annotate more.")

    def chance(members: Sequence[int]) -> bytes:
        key = min(texts[number] for number in members)
        return blake2b(f"{seed}\n{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()

    sizes, places = [0] * folds, [0] * len(examples)
    for members in sorted(groups, key=lambda members: (-len(members), chance(members))):
        fold = sizes.index(min(sizes))
        sizes[fold] += len(members)
        for number in members:
            places[number] = fold
    return places
