"""A WordPiece tokenizer of a few letters, made on the spot."""

from __future__ import annotations

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
PIECES = (*SPECIAL, *"abcde", *(f"##{letter}" for letter in "abcde"), "ab", "##cd", ".")
NUMBER = {piece: number for number, piece in enumerate(PIECES)}


def tiny_tokenizer(truncate: int = 0, pad: int = 0) -> str:
    """The JSON of a lower-casing tokenizer over the letters a to e; `truncate` and `pad` are stored settings."""
    tokenizer = Tokenizer(WordPiece(NUMBER, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    ends = [(name, NUMBER[name]) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends
    )
    tokenizer.add_special_tokens(list(SPECIAL))
    if truncate:
        tokenizer.enable_truncation(truncate)
    if pad:
        tokenizer.enable_padding(length=pad)
    return tokenizer.to_str()
