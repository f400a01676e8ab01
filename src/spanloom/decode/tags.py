"""What a tagging head puts out, to tags: the best legal sequence of each sentence. NumPy only.

B batch, T tokens, K tags.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from spanloom.answers.tags import Tags
from spanloom.core import Array, Arrays
from spanloom.decode.classes import SURE
from spanloom.decode.viterbi import marginals, of_paths, softmax, viterbi, viterbi_by_rules
from spanloom.text.tagset import Tagset

SCORES = ("transitions", "start", "end")
"""What a CRF puts out besides its emissions."""


def best_tags(outputs: Mapping[str, Array], lengths: Array, tagset: Tagset, confidence: bool) -> list[Tags]:
    """The best legal tags of each sentence: `emissions` [B, T, K] and, of a CRF, `SCORES`; lengths [B].

    confidence: with how sure each tag is: of a CRF over all sequences, else of its own token alone.
    """
    emissions = outputs["emissions"]
    probabilities: list[Array] | None = None
    if SCORES[0] in outputs:
        transitions, start, end = (outputs[name] for name in SCORES)
        paths, _ = viterbi(emissions, transitions, start, end, lengths)
        if confidence:
            probabilities = of_paths(marginals(emissions, transitions, start, end, lengths), paths)
    else:
        paths = viterbi_by_rules(emissions, *tagset.rules(), lengths)
        if confidence:
            probabilities = of_paths(softmax(emissions), paths)
    labels = [tuple([tagset.labels[number] for number in path.tolist()]) for path in paths]
    if probabilities is None:
        return [Tags(given) for given in labels]
    return [Tags(given, tuple(sure.tolist())) for given, sure in zip(labels, probabilities, strict=True)]


def tag_sizes(tagset: Tagset, crf: bool) -> dict[str, tuple[int | None, ...]]:
    """The axes of what `best_tags` takes."""
    k = len(tagset.tags)
    sizes: dict[str, tuple[int | None, ...]] = {"emissions": (None, None, k)}
    return sizes | (dict(zip(SCORES, ((k, k), (k,), (k,)), strict=True)) if crf else {})


def perfect_tags(tags: Array, tagset: Tagset) -> Arrays:
    """The outputs that decode to tags [B, T], whichever head reads them."""
    outputs: Arrays = {"emissions": SURE * np.eye(len(tagset.tags), dtype=np.float32)[tags]}
    return outputs | dict(zip(SCORES, tagset.rules(), strict=True))
