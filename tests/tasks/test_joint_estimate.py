"""What `check` says of memory and time before training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel, PreTrainedModel

from spanloom.config import DataConfig, RunConfig, TrainConfig
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.encoders.transformer.config import TransformerConfig
from spanloom.tasks.joint.codec import JointCodec
from spanloom.tasks.joint.config import JointConfig
from spanloom.tasks.joint.estimate import estimate
from tests.tasks.sentences import sentence
from tests.text.tiny_tokenizer import PIECES, tiny_tokenizer

BERT = {"hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 8, "intermediate_size": 256}
DISTILBERT = {"dim": 64, "n_layers": 4, "n_heads": 8, "hidden_dim": 256}
SHARED = {"vocab_size": len(PIECES), "max_position_embeddings": 512}


def estimated(config: JointConfig, words: int = 8, batch_size: int = 2) -> dict[str, Any]:
    text = " ".join(["abe", "fed", *["bea"] * (words - 2)])
    examples = [sentence(text, [(0, 1, "P"), (2, 3, "P")], [(0, "r", 1)], line) for line in range(1, 6)]
    run = RunConfig("joint", 0, DataConfig(), TrainConfig(batch_size=batch_size, threads=1), config)
    return estimate(examples, JointCodec.fit(examples, config), run)


def pieces(folder: Path, model: PreTrainedModel) -> JointConfig:
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(tiny_tokenizer(), encoding="utf-8")
    return JointConfig(encoder=TransformerConfig(path=folder))


def test_sentences_and_steps_are_counted() -> None:
    found = estimated(JointConfig(encoder=RnnConfig()))
    assert (found["sentences"], found["steps"], found["longest_words"], found["threads"]) == (5, 3, 8, 1)


def test_memory_grows_with_the_square_of_the_longest_sentence() -> None:
    config = JointConfig(encoder=RnnConfig())
    sizes = [estimated(config, words)["memory_bytes"] for words in (50, 100, 200)]
    assert sizes[2] - sizes[1] > 2.5 * (sizes[1] - sizes[0])  # 2 if it were linear


def test_distilbert_is_estimated_as_the_bert_of_its_size(tmp_path: Path) -> None:
    bert = estimated(pieces(tmp_path / "bert", BertModel(BertConfig(**SHARED, **BERT))))
    distilbert = estimated(pieces(tmp_path / "distilbert", DistilBertModel(DistilBertConfig(**SHARED, **DISTILBERT))))
    assert distilbert["memory_bytes"] == pytest.approx(bert["memory_bytes"], rel=0.01)  # it has no pooler


def test_a_larger_encoder_takes_more(tmp_path: Path) -> None:
    small = estimated(pieces(tmp_path / "small", BertModel(BertConfig(**SHARED, **BERT))))
    large = estimated(pieces(tmp_path / "large", BertModel(BertConfig(**SHARED, **{**BERT, "num_hidden_layers": 8}))))
    assert large["memory_bytes"] == pytest.approx(2 * small["memory_bytes"], rel=0.7)
    assert large["memory_bytes"] > small["memory_bytes"]
