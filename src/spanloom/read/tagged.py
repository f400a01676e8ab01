"""Sentences with one tag a token, as every tag format gives them, to examples: the scheme, the text, and what is wrong.

The sentences of a file are gone through twice: once to see which scheme its tags are in and whether its tokens are
single characters, then to make the examples. Only the tags that there are, and their pairs, are kept in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from spanloom.config import DataConfig
from spanloom.core import Example, Frame, Label, LostFact, Source, Tags, Text
from spanloom.errors import DataError
from spanloom.read.json_items import shown
from spanloom.read.texts import joined
from spanloom.text.joining import CharacterCount, spaces
from spanloom.text.tags import EDGE, OUTSIDE, PLACES, convert, illegal, parts_of, tag_scheme


@dataclass(frozen=True)
class Sentence:
    """What a file says of one sentence.

    tags: one a word, or None where it has no gold. lines: the line of each word where it has one of its own.
    text: where the file gives the text that the words stand in. scheme: where the tags are sure to be in one.
    lost: gold that the tags could not say. intent: of the whole; with it the tags are slots, and the gold is a Frame.
    column: what the column of the tags is called, where there are several.
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
    scheme = tag_scheme(_looked_at(sentences(), characters))
    if config.tags != "auto":
        scheme = None if config.tags == "none" else config.tags
    for sentence in sentences():
        yield _example(sentence, scheme, characters.by_character, config)


def _looked_at(sentences: Iterator[Sentence], characters: CharacterCount) -> Iterator[Sequence[str]]:
    for sentence in sentences:
        characters.add(sentence.words)
        yield () if sentence.scheme else sentence.tags or ()


def _example(sentence: Sentence, scheme: str | None, by_character: bool, config: DataConfig) -> Example:
    text = text_of(sentence, by_character, config)
    if sentence.tags is None:
        return Example(text, None, sentence.source, lost=sentence.lost)
    of_spans = "bio2" if sentence.intent else None  # slots are spans, even where a file's tags look like plain labels
    tags, mended = gold_tags(sentence, sentence.tags, sentence.scheme or scheme or of_spans, config)
    gold = tags if sentence.intent is None else Frame(sentence.intent, tags)
    return Example(text, gold, sentence.source, lost=sentence.lost, mended=mended)


def text_of(sentence: Sentence, by_character: bool, config: DataConfig) -> Text:
    """The text that the words stand in: the one that is given, or the words joined. Raises DataError for a blank one.

    by_character: the file's words are the single characters of Chinese text.
    """
    for position, word in enumerate(sentence.words):
        if not word.strip():
            where = str(sentence.source_of(position))
            raise DataError(where, f"the token is {word!r}", "a token that is not blank", "Correct the line.")
    return sentence.text or joined(sentence.words, str(sentence.source), config, spaces(sentence.words, by_character))


def gold_tags(
    sentence: Sentence, tags: Sequence[str], scheme: str | None, config: DataConfig
) -> tuple[Tags, tuple[tuple[Source, str], ...]]:
    """The tags in BIO2, or as they are without a scheme, and what was mended in them. Raises DataError."""
    for position, tag in enumerate(tags):
        if not tag.strip():
            found = f"the tag is {tag!r}{sentence.called(position)}"
            raise DataError(str(sentence.source_of(position)), found, "a tag for each token", "Fill it in.")
        if scheme and parts_of(tag, scheme) is None:
            _refuse_tag(sentence, position, tag, scheme)
    if scheme is None:
        return Tags(tuple(tags)), ()
    mended: list[tuple[Source, str]] = []
    for position, previous, tag in illegal(tags, scheme):
        at = min(position, len(tags) - 1)
        found = _transition(previous, tag) + sentence.called(at)
        if not config.repair:
            remedy = "Fix the line, or set data.repair = true."
            raise DataError(str(sentence.source_of(at)), found, _expected(previous, tag, scheme), remedy)
        mended.append((sentence.source_of(at), found))
    return Tags(tuple(convert(tags, scheme, "bio2"))), tuple(mended)


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
    if scheme in ("bioes", "bmes") and previous[:1] in ("B", inside):
        rest, last = inside + previous[1:], "E" + previous[1:]
        return f"{name} expects '{last}' last" if tag == EDGE else f"{name} expects '{rest}' or '{last}' next"
    return f"{name} expects '{'I' if scheme == 'bio1' else 'B'}{tag[1:]}' first"
