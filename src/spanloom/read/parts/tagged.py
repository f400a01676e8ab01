"""Sentences with one tag a token, as every tag format gives them, to examples: the scheme, the text, and what is wrong.

The sentences of a file are gone through twice: once to see which scheme its tags are in and whether its tokens are
single characters, then to make the examples. Only the tags that there are, and their pairs, are kept in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from spanloom.answers.frame import Frame
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Text
from spanloom.read.parts.blanks import Kept, without_blanks
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.texts import joined
from spanloom.text.joining import CharacterCount, spaces
from spanloom.text.tag_spelling import TagReading, tag_reading
from spanloom.text.tags import EDGE, OUTSIDE, PLACES, illegal, parts_of, spans_from_tags, tags_from_spans

Notes = tuple[tuple[Source, str], ...]
One = TypeVar("One")


@dataclass(frozen=True)
class Sentence:
    """What a file says of one sentence.

    tags: one a word, or None where it has no gold. lines: the line of each word where it has one of its own.
    text: where the file gives the text that the words stand in. scheme: where the tags are sure to be in one.
    lost: gold that the tags could not say. intent: of the whole; with it the tags are slots, and the gold is a Frame.
    column: what the column of the tags is called, where there are several. notes: what was passed over before it.
    fields: what else the file says of it, see `Example`. scores: how sure a model was of the tag of each word.
    """

    source: Source
    words: Sequence[str]
    tags: Sequence[str] | None
    lines: Sequence[int] = ()
    text: Text | None = None
    scheme: str | None = None
    lost: tuple[LostFact, ...] = ()
    intent: Label | None = None
    column: str = ""
    notes: Notes = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    scores: tuple[float, ...] | None = None

    def source_of(self, position: int) -> Source:
        return Source(self.source.path, self.lines[position]) if self.lines else self.source

    def called(self, position: int) -> str:
        """Which token is meant, where its line does not say it, and which of several columns."""
        if not self.lines:
            return f" (token {position}, {shown(self.words[position])})"
        return f" ({self.column})" if self.column else ""


def tagged_examples(sentences: Callable[[], Iterator[Sentence]], config: DataConfig) -> Iterator[Example]:
    """An example for each sentence, its tags in BIO2 or plain labels. Raises DataError citing the line.

    sentences: begins anew at each call.
    """
    characters = CharacterCount()
    reading = tag_reading(_looked_at(sentences(), characters), config.tags)
    for sentence, kept, notes in worded(sentences(), lambda sentence: sentence, reading.note, config):
        yield _example(sentence, kept, reading, characters.by_character, config, notes)


def worded(
    sentences: Iterator[One], words_of: Callable[[One], Sentence], note: str, config: DataConfig
) -> Iterator[tuple[One, Kept, Notes]]:
    """The sentences of which a token is left, with what is to be said of each. Raises DataError for blank tokens.

    words_of: the sentence that has the tokens. note: what is to be said of all. What was left out where no token is
    left is said with the sentence behind it, or, behind the last one, with that.
    """
    held: tuple[One, Kept, Notes] | None = None
    waiting: list[tuple[Source, str]] = []
    try:
        for number, one in enumerate(sentences):
            sentence = words_of(one)
            kept = kept_of(sentence, config)
            told = ((sentence.source, note),) if number == 0 and note else ()
            waiting += (*told, *sentence.notes, *kept.notes)
            if kept.words:
                if held is not None:
                    yield held
                held, waiting = (one, kept, tuple(waiting)), []
    except DataError:
        if held is not None:
            yield held  # what was whole is not lost with what was not
        raise
    if held is not None:
        yield held[0], held[1], (*held[2], *waiting)


def _looked_at(sentences: Iterator[Sentence], characters: CharacterCount) -> Iterator[Sequence[str]]:
    for sentence in sentences:
        characters.add(sentence.words)
        yield () if sentence.scheme else sentence.tags or ()


def _example(
    sentence: Sentence, kept: Kept, reading: TagReading, by_character: bool, config: DataConfig, notes: Notes
) -> Example:
    text = sentence_text(sentence, kept, by_character, config)
    if sentence.tags is None:
        return Example(text, None, sentence.source, lost=sentence.lost, mended=notes, fields=sentence.fields)
    of_spans = "bio2" if sentence.intent else None  # slots are spans, even where a file's tags look like plain labels
    if sentence.scheme:
        reading = TagReading(sentence.scheme)
    elif reading.scheme is None:
        reading = replace(reading, scheme=of_spans)
    tags, mended, lost = gold_tags(sentence, kept, reading, config)
    tags = replace(tags, scores=sentence.scores) if len(kept.words) == len(sentence.words) else tags
    gold = tags if sentence.intent is None else Frame(sentence.intent, tags)
    whole = Example(text, gold, sentence.source, lost=(*sentence.lost, *lost), mended=(*notes, *mended))
    return replace(whole, fields=sentence.fields)


def kept_of(sentence: Sentence, config: DataConfig) -> Kept:
    """The tokens of a sentence that are not blank. Raises DataError for one that is, without `data.repair`."""
    if not sentence.words:
        return Kept([], [0])
    return without_blanks(sentence.words, [*map(sentence.source_of, range(len(sentence.words)))], config)


def sentence_text(sentence: Sentence, kept: Kept, by_character: bool, config: DataConfig) -> Text:
    """The text that the words stand in: the one that is given, or the words joined.

    by_character: the file's words are the single characters of Chinese text.
    """
    if sentence.text is None:
        return joined(kept.words, str(sentence.source), config, spaces(kept.words, by_character))
    return Text(sentence.text.text, tuple(token for token in sentence.text.tokens if token.text.strip()))


def gold_tags(
    sentence: Sentence, kept: Kept, reading: TagReading, config: DataConfig
) -> tuple[Tags, Notes, list[LostFact]]:
    """The tags of the tokens that are kept, in BIO2, or as they are without a scheme; what was mended; what was lost.

    Raises DataError.
    """
    scheme, tags = reading.scheme, reading.read(sentence.tags or ())
    for position, tag in enumerate(tags):
        blank = not tag.strip()
        if blank and sentence.words[position].strip():
            found = f"the tag is {tag!r}{sentence.called(position)}"
            raise DataError(str(sentence.source_of(position)), found, "a tag for each token", "Fill it in.")
        if scheme and not blank and parts_of(tag, scheme) is None:
            _refuse_tag(sentence, position, tag, scheme)
    if scheme is None:
        return Tags(tuple(tag for tag, word in zip(tags, sentence.words, strict=True) if word.strip())), (), []
    tags = [tag if tag.strip() else OUTSIDE for tag in tags]  # that of a blank token
    mended: list[tuple[Source, str]] = []
    for position, previous, tag in illegal(tags, scheme):
        at = min(position, len(tags) - 1)
        found = _transition(previous, tag) + sentence.called(at)
        if not config.repair:
            remedy = "Fix the line, or set data.repair = true."
            raise DataError(str(sentence.source_of(at)), found, _expected(previous, tag, scheme), remedy)
        mended.append((sentence.source_of(at), found))
    spans, lost = kept.spans(spans_from_tags(tags, scheme))
    return Tags(tuple(tags_from_spans(spans, len(kept.words), "bio2"))), tuple(mended), lost


def _refuse_tag(sentence: Sentence, position: int, tag: str, scheme: str) -> None:
    forms = ", ".join([OUTSIDE, *(f"{place}-LABEL" for place in PLACES[scheme])])
    raise DataError(
        str(sentence.source_of(position)),
        f"tag {shown(tag)}{sentence.called(position)}",
        f"{scheme.upper()} has {forms}",
        "Correct it, or set data.tags to the scheme of the file (none for plain labels).",
    )


def _transition(previous: str, tag: str) -> str:
    if tag == EDGE:
        return f"tag '{previous}' ends the sentence"
    return f"tag '{tag}' begins the sentence" if previous == EDGE else f"tag '{tag}' follows '{previous}'"


def _expected(previous: str, tag: str, scheme: str) -> str:
    """What would have been legal: the rest of a span that was left open, or the beginning of one."""
    name, inside = scheme.upper(), PLACES[scheme][1]
    if len(PLACES[scheme]) > 2 and previous[:1] in ("B", inside):
        rest, last = inside + previous[1:], PLACES[scheme][2] + previous[1:]
        return f"{name} expects '{last}' last" if tag == EDGE else f"{name} expects '{rest}' or '{last}' next"
    return f"{name} expects '{'I' if scheme == 'bio1' else 'B'}{tag[1:]}' first"
