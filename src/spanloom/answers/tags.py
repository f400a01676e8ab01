"""One label a token: those of spans in BIO2, or plain ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from spanloom.answers.parts.answer import Answer, Page, flat_row, scored
from spanloom.answers.parts.claims import Claims
from spanloom.answers.parts.drawing import Drawing, Shown, as_given
from spanloom.answers.parts.entity import entity_to_dict
from spanloom.answers.parts.kind import AnswerKind, Keeps, Named, Naming, Noise
from spanloom.answers.parts.places import CAUSE, Placed, seeing
from spanloom.answers.parts.table import Cell, Grid, Line, Part, confidence, line
from spanloom.answers.parts.tag_claims import amended, claims_of
from spanloom.answers.parts.tag_facts import facts, rescaled
from spanloom.core import SOME, Coverage, LostFact
from spanloom.errors import DataError
from spanloom.inputs import Span, Text
from spanloom.text.tags import OUTSIDE, is_bio2, spans_from_tags, tags_from_spans
from spanloom.text.windows import Window


@dataclass(frozen=True, slots=True)
class Tags:
    """One label a token. Spans are written in BIO2: `B-LABEL` begins one, `I-LABEL` goes on with it, `O` is outside.

    scores: a confidence in 0..1 for each token's label; they take no part in equality.
    """

    labels: tuple[str, ...] = ()
    scores: tuple[float, ...] | None = field(default=None, compare=False)


def merge(answers: Sequence[Tags], places: Sequence[Window]) -> Tags:
    """Each token's label from the window that shows most of the text around it.

    Where two windows meet, an `I-` that continues nothing any more begins a span.
    """
    chosen: list[tuple[int, int]] = []  # for each token the window, and the place in it
    for position, numbers in enumerate(seeing(places)):
        best = max(numbers, key=lambda number: min(position - places[number][0], places[number][1] - 1 - position))
        chosen.append((best, position - places[best][0]))
    labels: list[str] = []
    for number, place in chosen:
        label = answers[number].labels[place]
        before = labels[-1] if labels else "O"
        labels.append(f"B-{label[2:]}" if label.startswith("I-") and before[2:] != label[2:] else label)
    scores = [answers[number].scores for number, _ in chosen]
    kept = tuple(given[place] for given, (_, place) in zip(scores, chosen, strict=True) if given is not None)
    return Tags(tuple(labels), kept if len(kept) == len(labels) else None)


# ---- gold ------------------------------------------------------------------------------------------------------------


class _Parted:
    """Of a span that an edge cuts the rest stays in the window, as a token in it is not outside."""

    def __init__(self, gold: Tags) -> None:
        self.gold = gold
        self.bio2 = is_bio2(gold.labels)
        self.spans = Placed[Span](spans_of(gold))

    def within(self, window: Window) -> Tags:
        labels = list(self.gold.labels[window[0] : window[1]])
        if self.bio2 and labels[0].startswith("I-"):
            labels[0] = f"B{labels[0][1:]}"
        return Tags(tuple(labels))

    def in_none(self, text: Text, windows: Sequence[Window]) -> list[LostFact]:
        return [LostFact("entity", span.label, text.surface(span), CAUSE) for span in self.spans.in_none(windows)]


def spans_of(gold: Tags) -> Sequence[Span]:
    """The spans that the tags say, none where they are plain labels."""
    return spans_from_tags(gold.labels, "bio2") if is_bio2(gold.labels) else ()


def follow(gold: Tags, order: Sequence[int], moved: Mapping[Span, Span]) -> Tags:
    """See `Noise`."""
    if is_bio2(gold.labels):
        return Tags(tuple(tags_from_spans(moved.values(), len(order), "bio2")))
    return Tags(tuple(gold.labels[number] for number in order))


def behind(gold: Tags, words: int) -> int:
    """How many spans, or tokens where there are none, do not stand whole in the first `words` words."""
    if is_bio2(gold.labels):
        return sum(span.end > words for span in spans_of(gold))
    return max(0, len(gold.labels) - words)


# ---- several data sets -----------------------------------------------------------------------------------------------


def labels(gold: Tags) -> tuple[set[str], set[str]]:
    spans = spans_of(gold) if is_bio2(gold.labels) else None
    return set(gold.labels) if spans is None else {span.label for span in spans} - {SOME}, set()


def renamed(gold: Tags, naming: Naming) -> Tags:
    """Raises DataError where a token's own label, of which it needs one, would be dropped."""
    if not is_bio2(gold.labels):
        names = tuple(map(naming.entity, gold.labels))
        if "" in names:
            dropped = gold.labels[names.index("")]
            found = f"drops the label '{dropped}', and every token has one"
            raise DataError("data.source.rename", found, "another name for it", "Name one.")
        return Tags(names)
    spans = (replace(span, label=naming.entity(span.label)) for span in spans_of(gold))
    return Tags(tuple(tags_from_spans((span for span in spans if span.label), len(gold.labels), "bio2")))


def judged(answer: Tags, gold: Tags, coverage: Coverage) -> Tags:
    """Spans of labels that are annotated, by their tags; a name of some kind in gold has that. Plain labels stay."""
    if not is_bio2(answer.labels):
        return answer
    names = spans_of(gold)
    some = {(span.start, span.end) for span in names if span.label == SOME}
    kept = []
    for span in spans_of(answer):
        touches = any(span.start < name.end and name.start < span.end for name in names)
        if (span.start, span.end) in some:
            kept.append(replace(span, label=SOME))
        elif span.label in coverage.entities and (touches or not coverage.related_only):
            kept.append(span)
    return replace(answer, labels=tuple(tags_from_spans(kept, len(answer.labels), "bio2")))


# ---- what is shown ---------------------------------------------------------------------------------------------------


def tags_to_dict(text: Text, tags: Tags) -> dict[str, Any]:
    """What a user sees of an answer: `tokens`, and `entities` where the tags are those of spans.

    Offsets are characters of the text, half-open. Each token has the key `score` only when the tags have scores; an
    entity is as sure as the least sure of its tokens.
    """
    tokens: list[dict[str, Any]] = [
        {"start": token.start, "end": token.end, "text": token.text, "label": label}
        for token, label in zip(text.tokens, tags.labels, strict=True)
    ]
    if tags.scores is not None:
        for token, score in zip(tokens, tags.scores, strict=True):
            token["score"] = float(score)
    item: dict[str, Any] = {"text": text.text, "tokens": tokens}
    if is_bio2(tags.labels):
        item["entities"] = spans_to_dicts(text, tags)
    return item


def spans_to_dicts(text: Text, tags: Tags) -> list[dict[str, Any]]:
    """The spans that tags in BIO2 say, each with its score where the tags have some: that of its least sure token."""
    return [entity_to_dict(text, _scored(span, tags)) for span in spans_from_tags(tags.labels, "bio2")]


def _scored(span: Span, tags: Tags) -> Span:
    return span if tags.scores is None else replace(span, score=min(tags.scores[span.start : span.end]))


def table(shown: Shown) -> list[Part]:
    """The text, and a table of its tokens with their labels."""
    text = line(shown["text"], "bold")
    if not shown["tokens"]:
        return [text, line("no tokens", "dim")]
    rows = tuple(
        (
            Cell(token["text"]),
            Cell(token["label"], "dim" if token["label"] == "O" else "cyan"),
            Cell(confidence(token.get("score"))),
        )
        for token in shown["tokens"]
    )
    return [text, Line(), Grid("", ("Token", "Label", "Score"), rows, texts=(0, 1))]


def draw(shown: Shown) -> Drawing:
    """The spans that the tags say, or each token where they are plain labels."""
    return as_given({"entities": shown.get("tokens", ()), **shown})


def sure(tags: Tags, keeps: Keeps) -> Tags:
    """Spans as sure as their least sure token; the tokens of others are outside, each as sure as its label was not."""
    scores = tags.scores
    labels, left = list(tags.labels), None if scores is None else list(scores)
    for span in spans_from_tags(tags.labels, "bio2"):
        if keeps(span.label, None if scores is None else min(scores[span.start : span.end])):
            continue
        for place in range(span.start, span.end):
            labels[place] = OUTSIDE
            if left is not None:
                left[place] = 1.0 - left[place]
    return Tags(tuple(labels), None if left is None else tuple(left))


@dataclass(frozen=True, slots=True)
class Tagged:
    """A token and its label: `text[start:end]`, in characters, half-open. score: in 0..1, or None."""

    text: str
    start: int
    end: int
    label: str
    score: float | None = None


class TagsAnswer(Answer[Tags]):
    """tokens: each with its label; tags: those labels alone; entities: the spans, where the tags are those of spans."""

    def __init__(self, shown: Shown, value: Tags, page: Page) -> None:
        super().__init__(shown, value, page)
        self.tokens = tuple(Tagged(**token) for token in shown["tokens"])
        self.tags = tuple(token.label for token in self.tokens)
        self._spans = "entities" in shown

    def rows(self) -> list[dict[str, Any]]:
        """A row for each span, or for each token where the tags are plain labels."""
        return super().rows() if self._spans else [flat_row("token", token) for token in self.tokens]

    def lines(self) -> Iterator[str]:
        if self._spans:
            yield from super().lines()
        else:
            yield from (scored(f"{token.label}: {token.text}", token.score) for token in self.tokens)


KIND = AnswerKind(
    answer=Tags,
    view=TagsAnswer,
    draw=draw,
    table=table,
    merge=merge,
    noise=Noise(spans_of, follow),
    parted=_Parted,
    behind=behind,
    sure=sure,
    facts=facts,
    rescaled=rescaled,
    named=Named(labels, renamed, judged),
    graph=lambda text, tags: (text, [_scored(span, tags) for span in spans_of(tags)], ()),
    of_graph=lambda spans, relations, tokens: Tags(tuple(tags_from_spans(spans, tokens, "bio2"))),
    claims=Claims(claims_of, amended),
    stored=draw,
)
