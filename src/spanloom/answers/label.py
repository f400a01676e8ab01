"""The classes of a whole input."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, SupportsIndex

from spanloom.answers.parts.answer import Answer, Page
from spanloom.answers.parts.claims import Claims
from spanloom.answers.parts.drawing import TEXTS, Drawing, Shown, as_given
from spanloom.answers.parts.facts import CLASSES, Rescale, ScoredFact
from spanloom.answers.parts.heat import HEAT, IMAGE, Heat
from spanloom.answers.parts.kind import AnswerKind, Keeps, Named, Naming, Noise
from spanloom.answers.parts.table import Cell, Line, Part, confidence, line
from spanloom.core import Claim, Coverage, Example
from spanloom.errors import DataError
from spanloom.inputs import Image, Span, Text, TextPair
from spanloom.pixels.thumbnail import thumbnail


@dataclass(frozen=True, slots=True)
class Label:
    """The classes of a whole input, in alphabetical order: exactly one, or any number where labels may stand together.

    scores: a confidence in 0..1 for each of `names`; probabilities: of every class that the model knows, in the order
    in which its codec knows them, as the network says them. heat: of a picture, what spoke for the surest class, where
    the network tells. They take no part in equality.
    """

    names: tuple[str, ...] = ()
    scores: tuple[float, ...] | None = field(default=None, compare=False)
    probabilities: tuple[float, ...] | None = field(default=None, compare=False, repr=False)
    heat: Heat | None = field(default=None, compare=False, repr=False)


def _stays(gold: Label, order: Sequence[int], moved: Mapping[Span, Span]) -> Label:
    return gold


def given(said: Any) -> Label | None:
    """The name of a class, a whole number too, or several names."""
    names = said if isinstance(said, list | tuple | set | frozenset) else [said]
    if not all(isinstance(name, str | SupportsIndex) for name in names):
        return None
    return Label(tuple(sorted({str(name).strip() for name in names})))


# ---- several data sets -----------------------------------------------------------------------------------------------


def names_of(gold: Label) -> tuple[set[str], set[str]]:
    return set(gold.names), set()


def renamed(gold: Label, naming: Naming) -> Label:
    return Label(tuple(sorted({name for name in map(naming.entity, gold.names) if name})))


def judged(answer: Label, gold: Label, coverage: Coverage) -> Label:
    """The classes that are annotated; a single one of another data set stays and is wrong, as one must be right."""
    if len(answer.names) == len(gold.names) == 1:
        return answer
    return sure(answer, lambda name, _: name in coverage.entities)


# ---- what is shown ---------------------------------------------------------------------------------------------------


def labels_to_dict(text: Text | TextPair | Image, answer: Label) -> dict[str, Any]:
    """What a user sees of an answer: the text, the first and second, or the name of the picture; `labels`, each with
    its score if any; and `heat`, where there is some.
    """
    scores = answer.scores or (None,) * len(answer.names)
    labels = [
        {"label": name} if score is None else {"label": name, "score": float(score)}
        for name, score in zip(answer.names, scores, strict=True)
    ]
    heat = {} if answer.heat is None else {HEAT: answer.heat.to_dict()}
    return {**texts_to_dict(text), "labels": labels, **heat}


def texts_to_dict(text: Text | TextPair | Image) -> dict[str, str]:
    """A text as `text`, a pair as `first` and `second`, a picture by its name as `image`, if it has one."""
    if isinstance(text, Image):
        return {IMAGE: text.name} if text.name else {}
    if isinstance(text, TextPair):
        return {"first": text.first.text, "second": text.second.text}
    return {"text": text.text}


def table(shown: Shown) -> list[Part]:
    """The text, or both, or the name of the picture, and the labels with their scores."""
    texts = [line(shown[key], "bold") for key in (*TEXTS, IMAGE) if key in shown]
    named = [
        Line((Cell(f"  {label['label']}", "cyan"), Cell("  "), Cell(confidence(label.get("score")))))
        for label in shown["labels"]
    ]
    return [*texts, *(named or [line("  no label", "dim")])]


def draw(shown: Shown) -> Drawing:
    """The texts and the labels; of a picture the picture, with the heat on it where that is told."""
    drawn = _found(shown)
    return drawn if shown.keys() & {*TEXTS} else {**drawn, "thumbnails": thumbnail(shown.get(IMAGE), shown.get(HEAT))}


def store(shown: Shown) -> Drawing:
    """As given. Raises DataError for a picture: what is kept in a store stands in a text."""
    if not shown.keys() & {*TEXTS}:
        found = f"an answer for a picture, {shown[IMAGE]}" if IMAGE in shown else "an answer for a picture"
        raise DataError("store", found, "answers for texts", "Write those for pictures to a file, with --output.")
    return as_given(shown)


def _found(shown: Shown) -> Drawing:
    """The texts and the labels; of a picture its name in place of texts."""
    drawn = as_given(shown)
    return drawn if shown.keys() & {*TEXTS} else {**drawn, "text": str(shown.get(IMAGE, ""))}


def sure(label: Label, keeps: Keeps) -> Label:
    """The classes that are sure, perhaps none."""
    scores = label.scores or (None,) * len(label.names)
    kept = [pair for pair in zip(label.names, scores, strict=True) if keeps(*pair)]
    return replace(
        label,
        names=tuple(name for name, _ in kept),
        scores=None if label.scores is None else tuple(score for _, score in kept if score is not None),
    )


def facts(gold: Label, answer: Label, kind: str = CLASSES) -> list[ScoredFact]:
    """The classes; right are those that gold has."""
    pairs = zip(answer.names, answer.scores or (), strict=False)
    return [ScoredFact(kind, name, score, name in gold.names) for name, score in pairs]


def rescaled(answer: Label, rescale: Rescale, kind: str = CLASSES) -> Label:
    """The same classes with other scores."""
    if answer.scores is None:
        return answer
    pairs = zip(answer.names, answer.scores, strict=True)
    return replace(answer, scores=tuple(rescale(kind, name, score) for name, score in pairs))


def claims_of(label: Label, kind: str = CLASSES) -> list[Claim]:
    return [Claim(kind, name) for name in label.names]


def amended(label: Label, gone: Collection[Claim], come: Sequence[Claim], kind: str = CLASSES) -> Label:
    """See `Claims`. Scores are left out, as they are of the classes that were."""
    kept = {name for name in label.names if Claim(kind, name) not in gone}
    return Label(tuple(sorted(kept | {claim.label for claim in come if claim.kind == kind})))


def _facts(example: Example, answer: Label) -> list[ScoredFact]:
    return facts(example.gold or Label(), answer)


class LabelAnswer(Answer[Label]):
    """labels: the classes, each with its score; label: the surest of them, None where there is none. text: of a picture
    its name; heat: what spoke for its class, None where the network does not tell.
    """

    def __init__(self, shown: Shown, value: Label, page: Page) -> None:
        super().__init__(shown, value, page)
        self.heat = value.heat if value else None  # a table is made of what is shown alone
        surest = max(self.labels, key=lambda named: named.score or 0.0, default=None)
        self.label = None if surest is None else surest.label

    @staticmethod
    def found(shown: Shown) -> Drawing:
        return _found(shown)


KIND = AnswerKind(
    answer=Label,
    view=LabelAnswer,
    draw=draw,
    table=table,
    noise=Noise(spans=lambda gold: (), follow=_stays),
    classes=lambda label: [("class", name) for name in label.names],
    sure=sure,
    facts=_facts,
    rescaled=rescaled,
    named=Named(names_of, renamed, judged),
    claims=Claims(claims_of, amended),
    given=given,
    stored=store,
)
