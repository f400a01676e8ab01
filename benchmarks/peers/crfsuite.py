"""CRFsuite with the usual hand features of a named-entity tagger: word, affixes, shape, neighbours. A peer.

Needs `pip install python-crfsuite`. Okazaki 2007, http://www.chokkan.org/software/crfsuite/.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spanloom.answers.tags import Tags
from spanloom.core import Example
from spanloom.text.shapes import word_shape

ITERATIONS = 100


def available() -> bool:
    return importlib.util.find_spec("pycrfsuite") is not None


def features(words: Sequence[str]) -> list[list[str]]:
    """The features of each word of a sentence."""
    own = [
        [
            f"w={word.lower()}",
            f"s={word_shape(word)}",
            *(f"p{n}={word[:n]}" for n in (1, 2, 3)),
            *(f"e{n}={word[-n:]}" for n in (1, 2, 3)),
            f"digit={any(map(str.isdigit, word))}",
            f"hyphen={'-' in word}",
        ]
        for word in words
    ]
    found = []
    for place in range(len(words)):
        here = ["bias", *own[place]]
        for step in (-2, -1, 1, 2):
            inside = 0 <= place + step < len(words)
            here += [f"{step}:{name}" for name in own[place + step][:2]] if inside else [f"{step}:edge"]
        found.append(here)
    return found


class CrfSuite:
    """Trained on examples whose input is a Text and whose gold is Tags."""

    def __init__(self, examples: Sequence[Example]) -> None:
        import pycrfsuite  # type: ignore[import-not-found]

        trainer = pycrfsuite.Trainer(verbose=False)
        for example in examples:
            trainer.append(features([token.text for token in example.input.tokens]), list(example.gold.labels))
        trainer.set_params({"c1": 0.1, "c2": 0.01, "max_iterations": ITERATIONS, "feature.possible_transitions": True})
        self._folder = tempfile.TemporaryDirectory()
        file = str(Path(self._folder.name) / "model")
        trainer.train(file)
        self._tagger: Any = pycrfsuite.Tagger()
        self._tagger.open(file)

    def predict(self, sentences: Sequence[Sequence[str]]) -> Iterator[Tags]:
        """The tags of each sentence, given as words."""
        for words in sentences:
            yield Tags(tuple(self._tagger.tag(features(words))))
