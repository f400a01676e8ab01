"""Tokenizers of the other kinds that encoders have, over all characters that a test wants, made on the spot."""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE, Unigram, WordPiece
from tokenizers.processors import TemplateProcessing

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
CHARACTERS = "abcdefgBCDM.!"
"""What they know at least, a piece each."""


def unigram_tokenizer(characters: Iterable[str] = CHARACTERS) -> str:
    """XLM-R's kind: unigram pieces of folded text, in which ▁ stands for a space before a word."""
    pieces = [*SPECIAL, "▁", "▁ab", *sorted({*characters} - {" "})]
    tokenizer = Tokenizer(Unigram([(piece, -2.0 if len(piece) > 1 else -3.0) for piece in pieces], unk_id=3))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace()
    return _framed(tokenizer)


def byte_level_tokenizer() -> str:
    """RoBERTa's and ModernBERT's kind: pairs of bytes, the space before a word as the letter Ġ; as their files have it,
    without a space before the first word.
    """
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("a", "b"), ("Ġ", "ab"), ("Ã", "¤")]
    pieces = [*SPECIAL, *letters, *("".join(pair) for pair in merges)]
    tokenizer = Tokenizer(BPE({piece: number for number, piece in enumerate(pieces)}, merges, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return _framed(tokenizer)


def wordpiece_tokenizer(characters: Iterable[str] = CHARACTERS) -> str:
    """BERT's kind, cased, so that what its pieces spell can be told."""
    letters = sorted({*characters} - {" "})
    pieces = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters)]
    tokenizer = Tokenizer(WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return _framed(tokenizer)


def _framed(tokenizer: Tokenizer) -> str:
    ends = [(name, SPECIAL.index(name)) for name in ("<s>", "</s>")]
    pair = "<s> $A </s> </s> $B </s>"
    tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", pair=pair, special_tokens=ends)
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer.to_str()


def names_of(tokenizer_json: str) -> list[str]:
    """The name of each piece, by its number."""
    found = Tokenizer.from_str(tokenizer_json).get_vocab(with_added_tokens=True)
    return sorted(found, key=found.__getitem__)
