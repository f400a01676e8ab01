"""A Hugging Face `tokenizer.json` as a tokenizer that cuts nothing off."""

from __future__ import annotations

import json

from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel

UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
"""Letters of scripts that are written without spaces between words."""


def parse_tokenizer(tokenizer_json: str, by_word: bool = False) -> tuple[str, Tokenizer]:
    """The file's text without settings that cut or pad, and its tokenizer. Raises ValueError where it is damaged.

    by_word: it is given words one by one, so that one over bytes must put the space before each of them by itself, as
    its pieces of whole words begin with that.
    """
    try:
        tokenizer = Tokenizer.from_str(tokenizer_json)
        text = _without_cuts(tokenizer, tokenizer_json, by_word)
        if text != tokenizer_json:
            tokenizer = Tokenizer.from_str(text)
        # What a damaged table leads to shows only in use, in the library's own panics too.
        tokenizer.encode(["a", "1"], ["b"], is_pretokenized=True)
        tokenizer.encode("a 1")
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise ValueError(f"not a tokenizer that can be read: {' '.join(str(error).split())[:200]}") from None
        raise
    return text, tokenizer


def unspaced(tokenizer_json: str) -> str:
    """A tokenizer that marks no space before a word of a script that has none; other kinds stay as they are.

    SentencePiece's marks the start of every word. Where words are given one by one, each Chinese character would get a
    mark, mostly as a piece of its own: twice the pieces, and none of those as in pretraining.
    """
    table = json.loads(tokenizer_json)
    before = table.get("pre_tokenizer") or {}
    if before.get("type") != "Metaspace":
        return tokenizer_json
    mark = {"Regex": f"^{before['replacement']}(?={UNSPACED})"}
    split = {"type": "Split", "pattern": mark, "behavior": "Removed", "invert": False}
    table["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [before, split]}
    return json.dumps(table, ensure_ascii=False)


def _without_cuts(tokenizer: Tokenizer, tokenizer_json: str, by_word: bool) -> str:
    """The text of a tokenizer as it is to be; the very same where it is already, as a large one takes long to parse."""
    over_bytes = by_word and isinstance(tokenizer.pre_tokenizer, ByteLevel)
    if tokenizer.truncation is None and tokenizer.padding is None and not over_bytes:
        return tokenizer_json
    table = json.loads(tokenizer_json)
    table["truncation"] = None  # a stored setting here would cut sentences silently
    table["padding"] = None
    if over_bytes:
        table["pre_tokenizer"]["add_prefix_space"] = True
    return json.dumps(table, ensure_ascii=False)
