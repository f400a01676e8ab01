"""How much memory a training holds, measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from spanloom.engine.report import read_metrics
from tests.text.tiny_tokenizer import PIECES, tiny_tokenizer

TRAIN = """
import json, sys
import spanloom.encoders.parts.modules.pieces, spanloom.engine.run, spanloom.tasks.tag.model
from transformers import BertModel
from spanloom.engine.memory import peak_memory
from spanloom.run.train import train
before = peak_memory()
train(json.loads(sys.argv[1]), sys.argv[2])
print(before)
"""
WORDS = ["cab", "bad", "bee", "fed", "ems"]


def encoder(folder: Path) -> None:
    """A narrow transformer with many heads, most of whose memory is in the tables of its attention."""
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    sizes = {"hidden_size": 64, "num_hidden_layers": 6, "num_attention_heads": 16, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(PIECES), max_position_embeddings=512, **sizes)).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(tiny_tokenizer(), encoding="utf-8")


def sentences(count: int) -> str:
    """Tagged sentences of 84 words, which are about 240 wordpieces each: every batch is like every other."""
    words = [WORDS[place * place % 5] for place in range(84)]
    block = "".join(f"{word} {'B-X' if word == 'cab' else 'O'}\n" for word in words)
    return "\n".join([block] * count)


@pytest.mark.slow(reason="trains in a process of its own, whose memory is measured")
@pytest.mark.skipif(sys.platform != "linux", reason="measured by what the kernel of Linux tells")
def test_training_holds_no_tables_and_grows_no_more_after_the_first_epoch(tmp_path: Path) -> None:
    encoder(tmp_path / "encoder")
    (tmp_path / "train.txt").write_text(sentences(32), encoding="utf-8")
    settings = {
        "task": "tag",
        "data": {"train": str(tmp_path / "train.txt")},
        "train": {"epochs": 4, "batch_size": 16, "threads": 1, "precision": "fp32"},
        "model": {"encoder": {"kind": "transformer", "path": str(tmp_path / "encoder"), "hidden": 8}},
    }
    run = tmp_path / "run"
    command = [sys.executable, "-c", TRAIN, json.dumps(settings), str(run)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line for line in read_metrics(run / "metrics.jsonl") if line["kind"] in ("epoch", "end")]
    first, *_, last = (line["peak_memory"] - int(said.split()[-1]) for line in lines)
    tables = 6 * 16 * 16 * 250**2 * 4  # layers, heads, sentences, pieces, float32
    assert first < 1.6 * tables, "it is two and a half times as much where they are kept"
    assert last < 1.3 * first
