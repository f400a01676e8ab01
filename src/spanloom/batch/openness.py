"""What gold leaves open, because its data set does not annotate it: masks of tags and of cells that no loss may judge.

T words, K tags, L labels, N spans. NumPy only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from spanloom.core import SOME, Array, Arrays, Coverage
from spanloom.inputs import Span
from spanloom.text.tags import spans_from_tags
from spanloom.text.tagset import Tagset

NO_LABEL = -1


def covered_entities(names: Sequence[str], coverage: Coverage | None) -> Array:
    """Which of these labels of entities, tags, slots or classes are annotated, bool [L]."""
    return np.array([coverage is None or name in coverage.entities for name in names], dtype=bool)


def covered_relations(names: Sequence[str], coverage: Coverage | None) -> Array:
    """Which of these relations are annotated, bool [R]."""
    return np.array([coverage is None or name in coverage.relations for name in names], dtype=bool)


def coverage_arrays(labels: Sequence[str], coverage: Coverage | None, some: Sequence[Span]) -> Arrays:
    """Targets of a row that say what is open in it: "covered" [L], "related_only" [], and "some" [N, 2], the first and
    last words of the names of which the data do not say the kind.
    """
    return {
        "covered": covered_entities(labels, coverage),
        "related_only": np.array(coverage is not None and coverage.related_only),
        "some": np.array([[span.start, span.end - 1] for span in some], dtype=np.int64).reshape(-1, 2),
    }


class TagParts:
    """The label [K], by number, and the place [K] (B, I, E, S) of each tag; O has neither."""

    def __init__(self, tags: Sequence[str], labels: Sequence[str]) -> None:
        numbers = {label: number for number, label in enumerate(labels)}
        parts = [tag.partition("-") for tag in tags]
        self.label = np.array([numbers.get(label, NO_LABEL) if dash else NO_LABEL for _, dash, label in parts])
        self.place = np.array([ord(place[0]) if dash else 0 for place, dash, _ in parts])

    def open(self, tags: Array, targets: Mapping[str, Array]) -> Array:
        """Which tags [T, K] gold leaves open, its own tags [T] among them. targets: see `coverage_arrays`.

        A word of an annotated name has its tag; one of a name of some kind every tag of that place; any other word O
        and the tags of the labels that are not annotated, or all tags where names without a relation are not.
        """
        found = np.zeros((len(tags), len(self.label)), dtype=bool)
        outside = self.label[tags] == NO_LABEL
        named = self.label != NO_LABEL
        found[outside] = named if targets["related_only"] else named & ~targets["covered"][self.label]
        found[np.arange(len(tags)), tags] = True
        for first, last in targets["some"].tolist():
            words = np.arange(first, last + 1)
            found[words] = self.place[tags[words], None] == self.place[None, :]
        return found


class OpenTags:
    """Targets of tags by number that say what is open beside them, for training data of several sources."""

    def __init__(self, tagset: Tagset) -> None:
        self.tagset = tagset
        self._parts = TagParts(tagset.tags, tagset.names)

    def encode(self, labels: Sequence[str], coverage: Coverage | None) -> Arrays:
        """Of a sentence's labels [T]: tags [T]; of spans also open [T, K], which tags gold leaves open. Labels that
        stand for themselves leave none open: there judged [K] says which tags the source chooses from.
        """
        if self.tagset.scheme is None:
            return {"tags": self.tagset.encode(labels), "judged": covered_entities(self.tagset.names, coverage)}
        some = [span for span in spans_from_tags(labels, "bio2") if span.label == SOME]
        known = [label.replace(f"-{SOME}", f"-{self.tagset.names[0]}") for label in labels]
        tags = self.tagset.encode(known)
        return {"tags": tags, "open": self._parts.open(tags, coverage_arrays(self.tagset.names, coverage, some))}


def open_cells(targets: Mapping[str, Array], spans: Array, width: int, flat: bool) -> Array:
    """Which cells [L, T, T] (first word, last word) gold leaves open. targets: see `coverage_arrays`; spans [N, 3]: the
    label, first and last word of each annotated name of a known kind. flat: no two names overlap.

    Those of labels that are not annotated, of which a flat text has none where it has an annotated name; every label of
    a name of some kind; and where names without a relation are not annotated, whatever touches no annotated name.
    """
    some = targets["some"]
    inside = np.zeros(width + 1, dtype=np.int64)
    for first, last in np.concatenate([spans[:, 1:], some]).tolist():
        inside[first + 1 : last + 2] = 1
    before = inside.cumsum()  # annotated words before each word
    apart = before[None, 1:] == before[:-1, None]  # [T, T]: from word i to word j there is none
    unknown = ~targets["covered"][:, None, None]  # [L, 1, 1]
    found: Array = unknown & apart if flat else np.broadcast_to(unknown, (len(unknown), width, width)).copy()
    if targets["related_only"]:
        found |= apart
    label, first, last = spans.T
    found[label, first, last] = False
    found[:, some[:, 0], some[:, 1]] = True
    return found
