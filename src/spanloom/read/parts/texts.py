"""What every reader does with a text: refuse one that cannot be meant, and turn given tokens into character offsets."""

from __future__ import annotations

from collections.abc import Sequence

from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.inputs import Text, TextPair
from spanloom.text.counts import several
from spanloom.text.joining import side_by_side
from spanloom.text.words import tokenize


def checked_text(text: str, where: str, config: DataConfig) -> str:
    """The text itself. Raises DataError where it is empty, too long, or holds what no file can carry on."""
    if not text.strip():
        raise DataError(where, "the text is empty", "a sentence", "Remove the example, or write its text.")
    if len(text) > config.max_characters:
        raise DataError(
            where,
            f"a text of {len(text):,} characters",
            f"at most {config.max_characters:,}",
            "Break it into sentences, or raise data.max_characters.",
        )
    if "\0" in text:
        raise DataError(where, f"a NUL character at offset {text.index(chr(0))} of the text", "text", "Remove it.")
    return text


def is_utf8(name: str) -> bool:
    """Whether a name can be written to a file: one of a file whose bytes are no UTF-8 cannot."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def tokenized(text: str, where: str, config: DataConfig) -> Text:
    """A checked text with the tokens that the toolkit's own rules find. Raises DataError."""
    return Text(checked_text(text, where, config), tokenize(text))


def joined(words: Sequence[str], where: str, config: DataConfig, spaced: Sequence[bool] | None = None) -> Text:
    """The text that given tokens, of which none is blank, make when joined by single spaces. Raises DataError.

    spaced: whether a space stands before each token; left out, before every one but the first.
    """
    made = side_by_side(words, [True] * len(words) if spaced is None else spaced)
    return Text(checked_text(made.text, where, config), made.tokens)


def joined_sentences(
    sentences: Sequence[Sequence[str]], where: str, config: DataConfig
) -> tuple[Text, list[list[int]]]:
    """The text of a document, a sentence a line, and for each sentence the number of each of its tokens in the text,
    and of what follows its last. Raises DataError.

    A blank token, of which there are a few, is none: it has the number of the token behind it.
    """
    words: list[str] = []
    begins, numbers = [], []
    for sentence in sentences:
        begins.append(len(words))
        numbers.append([len(words)])
        for word in sentence:
            words += [word] if word.strip() else []
            numbers[-1].append(len(words))
    text = joined(words, where, config)
    letters = list(text.text)
    for begin in begins:
        if 0 < begin < len(words):
            letters[text.tokens[begin].start - 1] = "\n"
    return Text("".join(letters), text.tokens), numbers


def one_or_pair(texts: Sequence[Text], where: str) -> Text | TextPair:
    """One text as it is, two as a pair. Raises DataError for none and for three or more."""
    if len(texts) == 1:
        return texts[0]
    if len(texts) == 2:
        return TextPair(*texts)
    found = f"{several(len(texts), 'text')} together"
    expected = "one text or a pair: a pair model reads a first and a second text, marked by token types 0 and 1"
    raise DataError(where, found, expected, "Join some of them, or give each pair as an example of its own.")
