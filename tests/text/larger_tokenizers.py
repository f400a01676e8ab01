"""Tokenizers of each kind with some hundred pieces of a few letters, made on the spot."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from tokenizers import Tokenizer
from tokenizers.models import BPE, Unigram
from tokenizers.pre_tokenizers import ByteLevel, Metaspace
from tokenizers.processors import RobertaProcessing, TemplateProcessing
from tokenizers.trainers import BpeTrainer

from tests.text.tiny_tokenizer import PIECES, tiny_tokenizer

LETTERS = "abcde"


def drawn_words(seed: int, letters: str = LETTERS, count: int = 300) -> list[str]:
    """Words of a few letters, some of them with one that no piece has."""
    draw = random.Random(seed)
    return ["".join(draw.choices(f"{letters}?", [9] * len(letters) + [1], k=draw.randint(1, 9))) for _ in range(count)]


def unigram() -> str:
    """Pieces of up to four letters, in order of frequency, as XLM-R's; `[Q]` is in no vocabulary."""
    draw = random.Random(0)
    names = {f"{start}{''.join(draw.choices(LETTERS, k=draw.randint(1, 4)))}" for start in ("", "▁") for _ in range(90)}
    singles = {*LETTERS, "▁", *(f"▁{letter}" for letter in LETTERS)}
    longer = sorted(names - singles, key=lambda name: draw.random())
    scored = [(name, -3.0 - 0.05 * place) for place, name in enumerate([*longer, *sorted(singles)])]
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = Tokenizer(Unigram([*((name, 0.0) for name in special), ("?a", -90.0), *scored], unk_id=3))
    tokenizer.pre_tokenizer = Metaspace(prepend_scheme="always")
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens([*special, "[Q]"])
    return str(tokenizer.to_str())


def bpe() -> str:
    """Merges of bytes that were learned from drawn words, as RoBERTa's."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=True)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = BpeTrainer(
        vocab_size=500, special_tokens=special, initial_alphabet=ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator([" ".join(drawn_words(5, count=3000))], trainer)
    tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0))
    return str(tokenizer.to_str())


def wordpiece() -> str:
    """The tiny one with a few longer pieces, spare ones, and special pieces that stand behind them."""
    table = json.loads(tiny_tokenizer())
    draw = random.Random(1)
    vocabulary = {name: number for number, name in enumerate(("[PAD]", *(f"[unused{spare}]" for spare in range(10))))}
    longer = {
        f"{start}{''.join(draw.choices(LETTERS, k=draw.randint(2, 4)))}" for start in ("", "##") for _ in range(60)
    }
    for name in (*PIECES, *sorted(longer, key=lambda name: draw.random()), "aï"):
        vocabulary.setdefault(name, len(vocabulary))
    table["model"]["vocab"] = vocabulary
    for token in table["added_tokens"]:
        token["id"] = vocabulary[token["content"]]
    for name, special in table["post_processor"]["special_tokens"].items():
        special["ids"] = [vocabulary[name]]
    return json.dumps(table)


MAKERS: dict[str, Callable[[], str]] = {"Unigram": unigram, "WordPiece": wordpiece, "BPE": bpe}
