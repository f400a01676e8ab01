"""How likely each statement of an answer is, those that gold makes and others, by what a network puts out. NumPy only.

A belief is a probability of a statement, whatever else is decided: not only the best answer's are wanted, but those of
the annotation that is doubted, and of what might stand in its place. B batch, T tokens, K tags, L labels, R relations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from spanloom.answers.parts.facts import RELATIONS, TOKENS
from spanloom.core import Array, Claim, Place
from spanloom.decode.tags import SCORES
from spanloom.decode.viterbi import both_ways, softmax
from spanloom.text.tagset import Tagset

LEAST = 0.02
"""What is less likely than this is left out, unless gold says it."""

LIKELY = 0.3
"""Between spans that are at least so likely relations are looked for."""

Found = dict[Claim, float]


def probabilities(logits: Array) -> Array:
    """Logits as probabilities, without overflow."""
    return np.asarray((1 + np.tanh(np.asarray(logits, dtype=np.float64) / 2)) / 2)


# ---- tags ------------------------------------------------------------------------------------------------------------


def tag_beliefs(
    outputs: Mapping[str, Array], lengths: Array, tagset: Tagset, claimed: Sequence[Sequence[Claim]], kind: str
) -> list[Found]:
    """Of the spans, as statements of this kind, that tags say, or of the tokens where they are plain labels.

    How likely a span is over all sequences of tags: as a CRF sees it, else with softmax scores over the legal ones.
    """
    emissions = outputs["emissions"]
    scores = [outputs[name] for name in SCORES] if SCORES[0] in outputs else list(tagset.rules())
    transitions, start, end = scores
    sentences = both_ways(emissions, transitions, start, end, lengths)
    found = []
    for (sure, behind), claims in zip(sentences, claimed, strict=True):
        if tagset.scheme is None:
            found.append(_of_tokens(sure, tagset, claims))
        else:
            chain = _Chain(sure, behind, transitions, tagset)
            found.append(_of_spans(chain, [claim for claim in claims if claim.kind == kind], kind))
    return found


def _of_tokens(sure: Array, tagset: Tagset, claims: Sequence[Claim]) -> Found:
    numbers = {label: number for number, label in enumerate(tagset.labels)}
    places, labels = np.nonzero(sure >= LEAST)
    found = {
        Claim(TOKENS, tagset.labels[label], (place, place + 1)): float(sure[place, label])
        for place, label in zip(places.tolist(), labels.tolist(), strict=True)
    }
    for claim in claims:
        if claim.label in numbers and claim.at[0] < len(sure):
            found[claim] = float(sure[claim.at[0], numbers[claim.label]])
    return found


class _Chain:
    """The tags of one sentence as a Markov chain: how likely each is at first, and after each other.

    sure [T, K]: how likely each tag is; behind [T, K]: the log-sums of all that follows it, its own emission counted.
    """

    def __init__(self, sure: Array, behind: Array, transitions: Array, tagset: Tagset) -> None:
        self.sure = sure
        self.names = tagset.names
        self._behind = behind
        self._transitions = transitions
        self._numbers = {tag: number for number, tag in enumerate(tagset.tags)}
        self._ends = "ES" if tagset.scheme == "bioes" else "IB"

    def spans_from(self, start: int, label: str, until: int) -> Iterator[tuple[int, float]]:
        """The ends, up to `until`, that a span of a label which starts there may have, and how likely it is so."""
        begin, inside, last, alone = (self._numbers[f"{place}-{label}"] for place in f"BI{self._ends}")
        yield start + 1, float(self.sure[start, alone]) * (1 - self._step(start, alone, inside))
        so_far, tag = float(self.sure[start, begin]), begin
        for place in range(start + 1, min(until, len(self.sure))):
            if so_far < 1e-12:
                return
            yield place + 1, so_far * self._step(place - 1, tag, last) * (1 - self._step(place, last, inside))
            so_far, tag = so_far * self._step(place - 1, tag, inside), inside

    def starts(self, label: str) -> Array:
        """How likely it is of each token [T] that a span of this label starts there."""
        tags = {self._numbers[f"{place}-{label}"] for place in ("B", self._ends[1])}
        return np.asarray(self.sure[:, sorted(tags)].sum(axis=1))

    def _step(self, place: int, before: int, after: int) -> float:
        """How likely a tag is behind another that stands at a place; never, behind the last token."""
        if place + 1 >= len(self.sure):
            return 0.0
        scores = self._transitions[before] + self._behind[place + 1]
        best = scores.max()
        return float(np.exp(scores[after] - best) / np.exp(scores - best).sum())


def _of_spans(chain: _Chain, claims: Sequence[Claim], kind: str) -> Found:
    """Those that are likely, found from where one may start, and those that gold has."""
    found: Found = {}
    wanted: dict[tuple[int, str], set[int]] = {}
    for claim in claims:
        if claim.label in chain.names and claim.at[1] <= len(chain.sure):
            wanted.setdefault((claim.at[0], claim.label), set()).add(claim.at[1])
    for label in chain.names:
        starts = chain.starts(label)
        for start in np.flatnonzero(starts >= LEAST).tolist():
            left = float(starts[start])
            for end, sure in chain.spans_from(start, label, len(chain.sure)):
                if sure >= LEAST:
                    found[Claim(kind, label, (start, end))] = sure
                left -= sure
                if left < LEAST:
                    break
    for (start, label), ends in wanted.items():
        for end, sure in chain.spans_from(start, label, max(ends)):
            if end in ends:
                found[Claim(kind, label, (start, end))] = sure
    return {
        **{Claim(kind, label, (start, end)): 0.0 for (start, label), ends in wanted.items() for end in ends},
        **found,
    }


# ---- classes and tables ----------------------------------------------------------------------------------------------


def class_beliefs(sure: Iterable[float], names: Sequence[str], kind: str, at: Place = ()) -> Found:
    """Of the classes of an input, by their probabilities, all of them."""
    return {Claim(kind, name, at): float(each) for name, each in zip(names, sure, strict=True)}


def labelled_places(scores: Array, labels: Sequence[str], claims: Iterable[Claim], kind: str) -> Found:
    """Of the spans in a table [T, T, L] of scores (first word, last word), each with one label or with none, which
    scores 0.
    """
    none = np.zeros_like(scores[..., :1], dtype=np.float64)
    sure = softmax(np.concatenate([scores.astype(np.float64), none], axis=-1))[..., :-1]
    return cell_beliefs(sure.transpose(2, 0, 1), labels, claims, kind)


def cell_beliefs(sure: Array, labels: Sequence[str], claims: Iterable[Claim], kind: str) -> Found:
    """Of the spans in a table [L, T, T] of probabilities (first word, last word)."""
    numbers, words = {label: number for number, label in enumerate(labels)}, sure.shape[1]
    found = {
        Claim(kind, labels[label], (first, last + 1)): float(sure[label, first, last])
        for label, first, last in np.argwhere(np.triu(sure) >= LEAST).tolist()
    }
    for claim in claims:
        if claim.kind == kind and claim.label in numbers and claim.at[1] <= words:
            found[claim] = float(sure[numbers[claim.label], claim.at[0], claim.at[1] - 1])
    return found


def pair_beliefs(
    spans: Mapping[Claim, float], heads: Array, tails: Array, labels: Sequence[str], claims: Sequence[Claim]
) -> Found:
    """Of relations, by scores [R, T, T] of their first words and of their last, whose mean counts.

    They are looked for between places where a span is likely or claimed, spans: how likely each is. How likely a
    relation is does not depend on how likely its ends are: what is wrong with those is said of them.
    """
    numbers, words = {label: number for number, label in enumerate(labels)}, heads.shape[1]
    wanted = [claim for claim in claims if claim.label in numbers and len(claim.at) == 4 and max(claim.at) <= words]
    claimed: set[Place] = {claim.at for claim in claims if len(claim.at) == 2 and claim.at[1] <= words}
    claimed |= {end for claim in wanted for end in (claim.head, claim.tail)}
    places = sorted({claim.at for claim, sure in spans.items() if sure >= LIKELY} | claimed)
    found: Found = {}
    if len(places) > 1:
        first, last = np.array([place[0] for place in places]), np.array([place[1] - 1 for place in places])
        sure = probabilities((heads[:, first[:, None], first] + tails[:, last[:, None], last]) / 2)  # [R, N, N]
        for label, head, tail in np.argwhere(sure >= LEAST).tolist():
            if head != tail:
                at = (*places[head], *places[tail])
                found[Claim(RELATIONS, labels[label], at)] = float(sure[label, head, tail])
    for claim in wanted:
        (start, end), (tail_start, tail_end), number = claim.head, claim.tail, numbers[claim.label]
        mean = (heads[number, start, tail_start] + tails[number, end - 1, tail_end - 1]) / 2
        found[claim] = float(probabilities(mean))
    return found
