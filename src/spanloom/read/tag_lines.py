"""The toolkit's own JSON lines for tags, in any of the forms in which people have them.

    {"text": "…", "tokens": [{"start": 0, "end": 4, "label": "B-Loc"}, …]}         as predictions are written
    {"tokens": ["Oslo", …], "tags": ["B-Loc", …]}
    {"text": "…", "entities": [{"start": 0, "end": 4, "label": "Loc"}, …]}

Offsets count CHARACTERS of the text, half-open. The last form is cut into tokens by the toolkit's own rules unless it
gives `tokens` too, as objects or as `[start, end]`; an entity that cuts a token, or overlaps a longer one, is lost and
counted. Optional: `text` and `score` of a token or an entity, and `lost`. A line without labels, tags and entities has
no gold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Span, Text, Token
from spanloom.read.parts.annotations import entity_place, lost_facts, score_of, token_ranges
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, field, json_items, object_of, of_kind, shown
from spanloom.read.parts.json_keys import Keys, other_fields
from spanloom.read.parts.locate import INSIDE_A_TOKEN
from spanloom.read.parts.offsets import NAMES, label_of
from spanloom.read.parts.otherwise import OVERLAPS
from spanloom.read.parts.tagged import Sentence, tagged_examples
from spanloom.read.parts.texts import checked_text
from spanloom.text.counts import several
from spanloom.text.tags import tags_from_spans, without_overlaps
from spanloom.text.words import tokenize

OF_TEXT = Keys((frozenset({"text"}),), gold=("entities",), inputs=("text", "tokens", "lost"))
OF_TOKENS = Keys((frozenset({"tokens"}),), gold=("tags",), inputs=("tokens", "lost"))
ALL = OF_TEXT.read | OF_TOKENS.read


def fit(beginning: str) -> int:
    return OF_TEXT.fit(beginning) or OF_TOKENS.fit(beginning)


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example an object. Raises DataError citing the line."""
    return tagged_examples(partial(_sentences, path, config), config)


def _sentences(path: Path, config: DataConfig) -> Iterator[Sentence]:
    for source, item in json_items(path, config):
        sentence = tagged_item(item, source, config)
        if sentence.tags is None:
            (OF_TEXT if "text" in item else OF_TOKENS).refuse_other_gold(item, str(source), config)
        yield replace(sentence, fields=other_fields(item, ALL))


def tagged_item(item: Item, source: Source, config: DataConfig, spans: str = "entities") -> Sentence:
    """What an object says of its sentence. spans: the key of its entities. Raises DataError citing the line."""
    return _of_text(item, source, config, spans) if "text" in item else _of_tokens(item, source)


def _of_tokens(item: Item, source: Source) -> Sentence:
    where = str(source)
    words = [of_kind(word, str, where, "a token") for word in field(item, "tokens", list, where)]
    if not words:
        raise DataError(where, "'tokens' is an empty list", "the tokens of a sentence", "Fill it, or remove the line.")
    if "tags" not in item:
        return Sentence(source, words, None, lost=tuple(lost_facts(item, where)))
    tags = [of_kind(tag, str, where, "a tag") for tag in field(item, "tags", list, where)]
    if len(tags) != len(words):
        raise DataError(
            where,
            f"{several(len(words), 'token')}, but {several(len(tags), 'tag')}",
            "one tag a token",
            "Correct the line.",
        )
    return Sentence(source, words, tags, lost=tuple(lost_facts(item, where)))


def _of_text(item: Item, source: Source, config: DataConfig, spans: str) -> Sentence:
    where = str(source)
    raw = checked_text(field(item, "text", str, where), where, config)
    lost = lost_facts(item, where)
    tokens, labels, scores = _tokens(item, raw, where)
    text = Text(raw, tokens)
    words = [token.text for token in tokens]
    if labels is not None:
        return Sentence(source, words, labels, text=text, lost=tuple(lost), scores=scores)
    if spans not in item:
        return Sentence(source, words, None, text=text, lost=tuple(lost))
    entities, cut = _entities(item, text, where, spans)
    tags = tags_from_spans(entities, len(tokens), "bio2")
    return Sentence(source, words, tags, text=text, scheme="bio2", lost=(*lost, *cut))


def _tokens(item: Item, raw: str, where: str) -> tuple[tuple[Token, ...], list[str] | None, tuple[float, ...] | None]:
    """The tokens of a text, given or found, their labels where they have some, and the scores of all of these."""
    values = field(item, "tokens", list, where) if "tokens" in item else []
    if not values or not isinstance(values[0], dict):
        return (token_ranges(item, raw, where) if "tokens" in item else tokenize(raw)), None, None
    given = [object_of(value, where, "a token") for value in values]
    pairs = [[field(token, key, int, where, "tokens") for key in ("start", "end")] for token in given]
    tokens = token_ranges({"tokens": pairs}, raw, where)
    for number, (token, found) in enumerate(zip(given, tokens, strict=True)):
        if "text" in token and token["text"] != found.text:
            wrong = f"token {number} with the text {shown(token['text'])}, where {shown(found.text)} stands"
            raise DataError(where, wrong, "character offsets, half-open", "Correct the offsets (not bytes).")
    if not any("label" in token for token in given):
        return tokens, None, None
    labels = [label_of(token, "label", where, "tokens") for token in given]
    scores = [score for token in given if (score := score_of(token, where)) is not None]
    return tokens, labels, tuple(scores) if len(scores) == len(tokens) else None


def _entities(item: Item, text: Text, where: str, key: str) -> tuple[Sequence[Span], list[LostFact]]:
    """The entities that tags can say, and those that they cannot."""
    spans: dict[Span, str] = {}
    lost: list[LostFact] = []
    for value in field(item, key, list, where):
        surface, place, label = entity_place(object_of(value, where, NAMES[key]), text, where, key)
        if place is None:
            lost.append(LostFact("entity", label, surface, INSIDE_A_TOKEN))
        else:
            spans[Span(*place, label)] = surface
    kept = without_overlaps(spans)
    lost += [LostFact("entity", span.label, spans[span], OVERLAPS) for span in spans if span not in kept]
    return kept, lost


FORMAT = Format(
    name="spanloom",
    shape="tokens and tags, or text and entities",
    answer=Tags,
    fit=fit,
    read=read,
    keys=ALL,
    keeps=True,
)
