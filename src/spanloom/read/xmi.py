"""UIMA CAS XMI, as INCEpTION, WebAnno and DKPro write it: names, and relations between them.

A file is a document, and an example; with `data.by_sentence` a sentence is, where sentences are marked. Its tokens are
those of the file, or ours where it has none. Which types are read as entities, and what their labels are, says
`parts/uima_layers.py`; a type with a `Governor` and a `Dependent` is a relation from the first to the second. What
stands beside them is passed over, and counted by its kind. See `parts/cas.py`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.inputs import Text, Token
from spanloom.read.parts.cas import cas_of, files, is_xmi, types_for
from spanloom.read.parts.format import Format
from spanloom.read.parts.placing import Placing
from spanloom.read.parts.texts import checked_text
from spanloom.read.parts.uima_document import Document, of_folder
from spanloom.read.parts.uima_layers import is_linguistic, label_feature, short
from spanloom.text.words import tokenize

TOKEN, SENTENCE = (f"de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.{name}" for name in ("Token", "Sentence"))
GOVERNOR, DEPENDENT = "Governor", "Dependent"
OWN = ("begin", "end", "sofa")
STRING = "uima.cas.String"
EMPTY = "of no width"


def fit(beginning: str) -> int:
    """3 for the element that every such file begins with."""
    return 3 * is_xmi(beginning)


def claims(path: Path) -> bool:
    """A folder with such files in it or in the folders inside."""
    return path.is_dir() and next(files(path), None) is not None


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a document, or a sentence. Raises DataError citing the file, MissingExtra."""
    if not path.is_dir():
        return _document(path, types_for(path, path.parent, config), config).examples(config)
    types: dict[Path, Any] = {}

    def known(file: Path) -> Document:
        if file.parent not in types:
            types[file.parent] = types_for(file, path, config)
        return _document(file, types[file.parent], config)

    return of_folder(path, files(path), known, config)


def _document(path: Path, types: Any, config: DataConfig) -> Document:
    cas = cas_of(path, types, config)
    raw: str = cas.sofa_string or ""
    named = [(one.type.name, one) for one in cas.select_all_annotations()]
    marked = sorted((one.begin, one.end) for name, one in named if name == TOKEN)
    tokens = tuple(Token(raw[start:end], start, end) for start, end in marked if raw[start:end].strip())
    placing = Placing(Text(raw, tokens or tokenize(raw)), str(path))
    notes: Counter[str] = Counter()
    relations = []
    for name, one in named:
        if is_linguistic(name):
            if name not in (TOKEN, SENTENCE) and not name.startswith("uima."):
                notes[f"layer {short(name)} passed over"] += 1
        elif one.type.get_feature(GOVERNOR) and one.type.get_feature(DEPENDENT):
            relations.append(one)
        else:
            _add(placing, one, notes)
    for one in relations:
        _relate(placing, one, notes)
    source = Source(str(path), 1)
    mended = tuple((source, f"{what}: {count:,}") for what, count in notes.items())
    example = Example(placing.text, placing.graph(), source, lost=tuple(placing.lost), mended=mended)
    sentences = sorted((one.begin, one.end) for name, one in named if name == SENTENCE)
    for start, end in sentences if config.by_sentence and sentences else [(0, len(raw))]:
        checked_text(raw[start:end], str(path), config)
    return Document(example, _places(placing.text, sentences))


def _places(text: Text, sentences: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The tokens of each sentence; all of them where none is marked."""
    if not sentences:
        return [(0, len(text.tokens))]
    starts, ends = ([token[edge] for token in text.tokens] for edge in (1, 2))
    places = ((bisect_left(starts, start), bisect_right(ends, end)) for start, end in sentences)
    return [(first, max(first, last)) for first, last in places]


def _add(placing: Placing, one: Any, notes: Counter[str]) -> None:
    label, others = _said(one)
    for other in others:
        notes[f"feature {other} of {short(one.type.name)} passed over"] += 1
    if one.begin == one.end:
        placing.lose(one.xmiID, label, "", EMPTY)
    else:
        placing.add(one.xmiID, (one.begin, one.end), label)


def _said(one: Any) -> tuple[str, list[str]]:
    """The label of an annotation, and what else it has a value for."""
    features = {feature.name: feature for feature in one.type.all_features if feature.name not in OWN}
    strings = [name for name, feature in features.items() if feature.rangeType.name == STRING]
    chosen = label_feature(strings)
    label = one[chosen] if chosen else None
    others = [name for name in features if name not in (chosen, GOVERNOR, DEPENDENT) and one[name] not in (None, "")]
    return (label or "").strip() or short(one.type.name), others


def _relate(placing: Placing, one: Any, notes: Counter[str]) -> None:
    """Enter a relation between entities; one of others is passed over."""
    head, tail = (end and end.xmiID for end in (one[GOVERNOR], one[DEPENDENT]))
    if head not in placing.spans or tail not in placing.spans:
        notes[f"relation of what is no entity passed over: {short(one.type.name)}"] += 1
        return
    label, others = _said(one)
    for other in others:
        notes[f"feature {other} of {short(one.type.name)} passed over"] += 1
    placing.relate(head, tail, label)


FORMAT = Format(
    name="xmi",
    shape="UIMA CAS XMI, with its TypeSystem.xml beside it",
    answer=Graph,
    fit=fit,
    read=read,
    flat=True,
    sentences=True,
    claims=claims,
)
