"""spaCy's small named-entity recogniser, trained by its own command with its own default settings. A peer.

Needs `pip install 'spacy>=3.8,<3.9'`. https://spacy.io/usage/training
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spanloom.answers.tags import Tags
from spanloom.core import Example
from spanloom.text.tags import spans_from_tags, tags_from_spans


def available() -> bool:
    return importlib.util.find_spec("spacy") is not None


def train(train_part: Sequence[Example], dev: Sequence[Example], folder: Path, steps: int = 0) -> Path:
    """Train into a folder, and return that of the best model. steps: 0 leaves spaCy's own end; few are for timings."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, examples in (("train", train_part), ("dev", dev)):
        _doc_bin(examples).to_disk(folder / f"{name}.spacy")
    config = folder / "config.cfg"
    command = [sys.executable, "-m", "spacy"]
    made = ["init", "config", str(config), "--lang", "en", "--pipeline", "ner", "--optimize", "efficiency", "--force"]
    subprocess.run([*command, *made], check=True, capture_output=True)
    paths = [f"--paths.train={folder / 'train.spacy'}", f"--paths.dev={folder / 'dev.spacy'}"]
    most = [f"--training.max_steps={steps}", f"--training.eval_frequency={steps}"] if steps else []
    subprocess.run(
        [*command, "train", str(config), *paths, *most, "--output", str(folder)], check=True, capture_output=True
    )
    return folder / "model-best"


def _doc_bin(examples: Sequence[Example]) -> Any:
    import spacy  # type: ignore[import-not-found]
    from spacy.tokens import Doc, DocBin, Span  # type: ignore[import-not-found]

    vocabulary = spacy.blank("en").vocab
    held = DocBin()
    for example in examples:
        document = Doc(vocabulary, words=[token.text for token in example.input.tokens])
        spans = spans_from_tags(example.gold.labels, "bio2")
        document.ents = [Span(document, span.start, span.end, span.label) for span in spans]
        held.add(document)
    return held


class SpacySmall:
    """A trained model, used on words that are already split."""

    def __init__(self, folder: Path) -> None:
        import spacy

        self._model = spacy.load(folder)

    def predict(self, sentences: Sequence[Sequence[str]]) -> Iterator[Tags]:
        """The tags of each sentence, given as words, in batches of spaCy's own size."""
        from spacy.tokens import Doc, Span

        documents = (Doc(self._model.vocab, words=list(words)) for words in sentences)
        for document in self._model.pipe(documents):
            ours = [_span(entity) for entity in document.ents if isinstance(entity, Span)]
            yield Tags(tuple(tags_from_spans(ours, len(document), "bio2")))


def _span(entity: Any) -> Any:
    from spanloom.inputs import Span

    return Span(entity.start, entity.end, entity.label_)
