"""What a request wants and the details that it gives: an intent, and slots."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from spanloom.answers import label, tags
from spanloom.answers.label import Label
from spanloom.answers.parts import tag_claims, tag_facts
from spanloom.answers.parts.answer import Answer, Page
from spanloom.answers.parts.claims import Claims
from spanloom.answers.parts.drawing import Drawing, Shown, as_given
from spanloom.answers.parts.facts import INTENTS, SLOTS, Rescale, ScoredFact
from spanloom.answers.parts.kind import AnswerKind, Keeps, Named, Naming, Noise
from spanloom.answers.parts.plain_card import Card, plain_card, plain_summary
from spanloom.answers.parts.summary import Summary
from spanloom.answers.parts.table import Cell, Grid, Line, Part, confidence, line
from spanloom.answers.tags import Tags
from spanloom.core import Claim, Coverage, Example
from spanloom.errors import DataError
from spanloom.inputs import Span, Text
from spanloom.text.windows import Window


@dataclass(frozen=True, slots=True)
class Frame:
    """What a request wants and the details that it gives: an intent for the whole of it, slots in BIO2 for its tokens.

    out_of_scope: how little it is like anything known, in 0..1, larger is stranger; rejected: beyond the threshold that
    was fitted on dev data, so that the intent should not be acted upon. Neither takes part in equality.
    """

    intent: Label = field(default_factory=Label)
    slots: Tags = field(default_factory=Tags)
    out_of_scope: float | None = field(default=None, compare=False)
    rejected: bool = field(default=False, compare=False)


def merge(answers: Sequence[Frame], places: Sequence[Window]) -> Frame:
    """The intent of the window that is least out of scope, and whether that one was rejected; slots as tags."""
    known = min(answers, key=lambda answer: answer.out_of_scope or 0.0)
    return replace(known, slots=tags.merge([answer.slots for answer in answers], places))


def _follow(gold: Frame, order: Sequence[int], moved: Mapping[Span, Span]) -> Frame:
    return replace(gold, slots=tags.follow(gold.slots, order, moved))


# ---- several data sets -----------------------------------------------------------------------------------------------


def labels(gold: Frame) -> tuple[set[str], set[str]]:
    return set(gold.intent.names) | tags.labels(gold.slots)[0], set()


def renamed(gold: Frame, naming: Naming) -> Frame:
    """Raises DataError where the intent, of which a request has one, would be dropped."""
    intent = label.renamed(gold.intent, naming)
    if not intent.names:
        found = f"drops the intent '{gold.intent.names[0]}', and every request has one"
        raise DataError("data.source.rename", found, "another name for it", "Name one.")
    return Frame(intent, tags.renamed(gold.slots, naming))


def judged(answer: Frame, gold: Frame, coverage: Coverage) -> Frame:
    intent = label.judged(answer.intent, gold.intent, coverage)
    return replace(answer, intent=intent, slots=tags.judged(answer.slots, gold.slots, coverage))


# ---- what is shown ---------------------------------------------------------------------------------------------------


def frame_to_dict(text: Text, frame: Frame) -> dict[str, Any]:
    """What a user sees of an answer: `intent`, None for a text of nothing, and `slots`.

    Offsets are characters of the text, half-open. Where the answer has scores: `intent_score`, and `score` of each
    slot, which is as sure as the least sure of its tokens. `out_of_scope`, in 0..1, and `rejected`, where they are
    known.
    """
    item: dict[str, Any] = {"text": text.text, "intent": frame.intent.names[0] if frame.intent.names else None}
    if frame.intent.scores:
        item["intent_score"] = float(frame.intent.scores[0])
    item["slots"] = tags.spans_to_dicts(text, frame.slots)
    if frame.out_of_scope is not None:
        item |= {"out_of_scope": float(frame.out_of_scope), "rejected": frame.rejected}
    return item


def table(shown: Shown) -> list[Part]:
    """The text, the intent, how far it is out of scope, and a table of the slots."""
    found = shown["intent"]
    intent = Cell("  no intent", "dim") if found is None else Cell(f"  {found}", "cyan")
    score = Cell(confidence(shown.get("intent_score")))
    parts: list[Part] = [line(shown["text"], "bold"), Line((intent, Cell("  "), score, *_strangeness(shown)))]
    if not shown["slots"]:
        return [*parts, line("  no slots", "dim")]
    rows = tuple(
        (Cell(slot["label"], "cyan"), Cell(slot["text"]), Cell(confidence(slot.get("score"))))
        for slot in shown["slots"]
    )
    return [*parts, Line(), Grid("", ("Slot", "Value", "Score"), rows, texts=(0, 1))]


def _strangeness(shown: Shown) -> list[Cell]:
    if "out_of_scope" not in shown:
        return []
    found = [Cell(f"   out of scope {shown['out_of_scope']:.2g}", "dim")]
    return [*found, Cell("   rejected", "bold yellow")] if shown["rejected"] else found


def draw(shown: Shown) -> Drawing:
    """The slots as entities, the intent as the label of the whole, and beside it how far it is out of scope."""
    intent = shown.get("intent")
    labels = [] if intent is None else [{"label": intent, "score": shown.get("intent_score")}]
    return {**as_given(shown), "entities": shown["slots"], "labels": labels, "notes": _notes(shown)}


def stored(shown: Shown) -> Drawing:
    """As `draw`, without an intent that was rejected: it should not be acted upon."""
    drawing = draw(shown)
    return {**drawing, "labels": ()} if shown.get("rejected") else drawing


def _notes(shown: Shown) -> list[dict[str, Any]]:
    if "out_of_scope" not in shown:
        return []
    word = " · rejected" if shown["rejected"] else ""
    return [{"text": f"out of scope {shown['out_of_scope']:.2g}{word}", "warning": shown["rejected"]}]


# ---- the scorecard ---------------------------------------------------------------------------------------------------


def card_parts(card: Card) -> list[Part]:
    return plain_card(card, [rejected(card["out_of_scope"])])


def card_summary(card: Card) -> Summary:
    return plain_summary(card, [rejected(card["out_of_scope"])])


def rejected(found: Mapping[str, Any]) -> str:
    """How many requests a scorecard of intents says were rejected, in words."""
    if found["threshold"] is None:
        return "Nothing was rejected as out of scope: no threshold was fitted."
    right = f"{found['rightly_understood']:,} of them with the right intent"
    return f"Rejected as out of scope (above {found['threshold']:.2g}): {found['rejected']:,}, {right}."


def sure(frame: Frame, keeps: Keeps) -> Frame:
    """The intent, where it is sure, and the sure slots."""
    return replace(frame, intent=label.sure(frame.intent, keeps), slots=tags.sure(frame.slots, keeps))


def _claims(frame: Frame) -> list[Claim]:
    return [*label.claims_of(frame.intent, INTENTS), *tag_claims.claims_of(frame.slots, SLOTS)]


def _amended(frame: Frame, gone: Collection[Claim], come: Sequence[Claim]) -> Frame:
    intent = label.amended(frame.intent, gone, come, INTENTS)
    return Frame(intent, tag_claims.amended(frame.slots, gone, come, SLOTS))


def _facts(example: Example, frame: Frame) -> list[ScoredFact]:
    """The intent and the slots."""
    gold: Frame = example.gold or Frame()
    slots = tag_facts.facts(replace(example, gold=gold.slots), frame.slots, SLOTS)
    return [*label.facts(gold.intent, frame.intent, INTENTS), *slots]


def _rescaled(frame: Frame, rescale: Rescale) -> Frame:
    intent = label.rescaled(frame.intent, rescale, INTENTS)
    return replace(frame, intent=intent, slots=tag_facts.rescaled(frame.slots, rescale, SLOTS))


class FrameAnswer(Answer[Frame]):
    """intent: what is wanted, None for a text of nothing; slots: the details, which are `entities` too.

    out_of_scope, rejected: see `Frame`.
    """

    def __init__(self, shown: Shown, value: Frame, page: Page) -> None:
        super().__init__(shown, value, page)
        self.intent = self.labels[0] if self.labels else None
        self.slots = self.entities
        self.out_of_scope: float | None = shown.get("out_of_scope")
        self.rejected: bool = shown.get("rejected", False)

    @staticmethod
    def found(shown: Shown) -> Drawing:
        return draw(shown)


KIND = AnswerKind(
    answer=Frame,
    view=FrameAnswer,
    draw=draw,
    table=table,
    card=card_parts,
    summary=card_summary,
    merge=merge,
    noise=Noise(spans=lambda gold: tags.spans_of(gold.slots), follow=_follow),
    behind=lambda gold, words: tags.behind(gold.slots, words),
    sure=sure,
    facts=_facts,
    rescaled=_rescaled,
    named=Named(labels, renamed, judged),
    claims=Claims(_claims, _amended),
    graph=lambda text, frame: (text, tags.spans_of(frame.slots), ()),
    stored=stored,
)
