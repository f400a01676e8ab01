"""A Hugging Face `tokenizer.json` as a tokenizer that cuts nothing off."""

from __future__ import annotations

import json

from tokenizers import Tokenizer


def parse_tokenizer(tokenizer_json: str) -> tuple[str, Tokenizer]:
    """The file's text without settings that cut or pad, and its tokenizer. Raises ValueError where it is damaged."""
    try:
        table = json.loads(tokenizer_json)
        table["truncation"] = None  # a stored setting here would cut sentences silently
        table["padding"] = None
        text = json.dumps(table, ensure_ascii=False)
        tokenizer = Tokenizer.from_str(text)
        # What a damaged table leads to shows only in use, in the library's own panics too.
        tokenizer.encode(["a", "1"], ["b"], is_pretokenized=True)
        tokenizer.encode("a 1")
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise ValueError(f"not a tokenizer that can be read: {' '.join(str(error).split())[:200]}") from None
        raise
    return text, tokenizer
