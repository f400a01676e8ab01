"""Our reading of SpERT: its parts against loops, and the whole of it learns a handful of sentences."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import rows
import torch
from peers import spert
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.processors import TemplateProcessing

from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.encoders.parts.modules.pretrained import make_transformer
from spanloom.inputs import Relation, Span
from spanloom.read import read
from spanloom.text.pieces import PieceTokenizer
from tests.encoder_files import FILES

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def tokenizer_of(words: list[str]) -> PieceTokenizer:
    """Whole words are pieces, and so is each of their halves, so that some words have two."""
    halves = [word[: len(word) // 2] for word in words[::2]] + [f"##{word[len(word) // 2 :]}" for word in words[::2]]
    pieces = dict.fromkeys([*SPECIAL, *words[1::2], *halves])
    made = Tokenizer(WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    made.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    made.add_special_tokens(list(SPECIAL))
    return PieceTokenizer(made.to_str())


def test_candidates_are_all_spans_of_up_to_ten_words() -> None:
    places = spert.candidates(12)
    assert set(places) == {(i, j) for i in range(12) for j in range(12) if 0 <= j - i < 10}
    assert len(places) == len(set(places))


def test_max_pool_is_the_maximum_of_each_range_and_zero_where_there_is_none() -> None:
    hidden = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0))
    ranges = [(0, 0, 4), (0, 4, 4), (1, 1, 3), (1, 3, 2), (0, 5, 4), (1, 2, 2)]
    rows, first, last = torch.tensor(ranges).unbind(dim=1)
    pooled = spert.max_pool(hidden, rows, first, last)
    for vector, (row, start, end) in zip(pooled, ranges, strict=True):
        expected = hidden[row, start : end + 1].max(dim=0).values if end >= start else torch.zeros(3)
        torch.testing.assert_close(vector, expected)


def test_max_pool_of_nothing_but_empty_ranges() -> None:
    pooled = spert.max_pool(torch.ones(1, 4, 2), torch.tensor([0]), torch.tensor([3]), torch.tensor([2]))
    assert pooled.tolist() == [[0.0, 0.0]]


def test_the_rate_climbs_for_a_tenth_of_the_steps_and_then_falls_to_zero() -> None:
    assert [spert.rate(step, 100) for step in (0, 5, 10, 55, 100)] == pytest.approx([0.0, 0.5, 1.0, 0.5, 0.0])


def small(repository: Path) -> tuple[list[Example], Sequence[spert.Sentence], Callable[[], spert.Spert]]:
    """Three sentences, and what makes the same small model each time."""
    sample = repository / "src" / "spanloom" / "tasks" / "joint" / "sample.jsonl"
    examples = list(read(sample, DataConfig()))[:3]
    labels = spert.fit_labels(examples)
    words = sorted({token.text for example in examples for token in example.input.tokens})
    tokenizer = tokenizer_of(words)
    sizes = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}

    def model() -> spert.Spert:
        torch.manual_seed(0)
        return spert.Spert(make_transformer({"model_type": "bert", "vocab_size": tokenizer.size, **sizes}), 48, labels)

    return examples, [spert.encode(example, labels, tokenizer) for example in examples], model


@pytest.mark.slow(reason="trains a small transformer")
def test_it_learns_a_few_sentences_by_heart(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples, sentences, made = small(repository)
    model = made()
    monkeypatch.setattr(spert, "LEARNING_RATE", 2e-3)
    seconds = list(spert.training(model, sentences, 40, seed=0))
    assert [len(epoch) for epoch in seconds] == [2] * 40
    for example, sentence in zip(examples, sentences, strict=True):
        graph = model.predict(sentence)
        assert set(graph.spans) == set(example.gold.spans)
        assert set(graph.relations) == set(example.gold.relations)


def test_given_spans_are_the_ones_that_are_related() -> None:
    labels = spert.Labels(("City", "Person"), ("born_in",))
    tokenizer = tokenizer_of(["ada", "in", "london"])
    sentence = spert.Sentence(tokenizer.encode(["ada", "in", "london"]), {}, {})
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    model = spert.Spert(make_transformer({"model_type": "bert", "vocab_size": tokenizer.size, **sizes}), 8, labels)
    torch.nn.init.constant_(model.pair_classifier.bias, 99.0)
    graph = model.predict(sentence, {(0, 0): 2, (2, 2): 1})
    ada, london = Span(0, 1, "Person"), Span(2, 3, "City")
    assert set(graph.spans) == {ada, london}
    assert set(graph.relations) == {Relation(ada, london, "born_in"), Relation(london, ada, "born_in")}


def test_negatives_are_not_true_and_no_more_than_there_are() -> None:
    chosen = spert._with_negatives({1: "x", 2: "y"}, list(range(500)), random.Random(0))
    assert chosen[:2] == [1, 2]
    assert len(chosen) == len(set(chosen)) == 2 + spert.NEGATIVES
    assert spert._with_negatives({1: "x"}, [1, 2], random.Random(0)) == [1, 2]


@pytest.mark.parametrize("encoder", ["minilm", "multilingual-e5"])
def test_it_starts_from_the_encoder_that_is_named(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch, encoder: str
) -> None:
    """The other one's folder is asked for by nobody."""
    FILES["transformer"](tmp_path / "encoder")
    monkeypatch.setattr(
        spert, "ENCODERS", {"minilm": list, "multilingual-e5": list, encoder: lambda: tmp_path / "encoder"}
    )
    (tmp_path / "conll04").mkdir()
    sample = (repository / "src" / "spanloom" / "tasks" / "joint" / "sample.jsonl").read_text(encoding="utf-8")
    for part in ("train", "dev"):
        lines = sample.splitlines(keepends=True)[:4]
        (tmp_path / "conll04" / f"{part}.txt").write_text("".join(lines), encoding="utf-8")
    threads = torch.get_num_threads()
    places = ["--data", str(tmp_path), "--output", str(tmp_path / "run")]
    spert.main([*places, "--encoder", encoder, "--epochs", "2", "--threads", str(threads)])
    lines = (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["step", "step", "epoch"] * 2
    card = json.loads((tmp_path / "run" / "scorecard.json").read_text(encoding="utf-8"))
    assert card["entities"]["strict"]["gold"] > 0


def test_every_row_that_is_a_peer_names_an_encoder_that_it_can_start_from() -> None:
    peers = [row for row in rows.ALL_ROWS if row.peer]
    assert {row.encoder for row in peers} == spert.ENCODERS.keys()


def test_a_training_that_was_stopped_goes_on_to_the_same_bits(repository: Path, tmp_path: Path) -> None:
    _, sentences, made = small(repository)
    whole, stopped, file = made(), made(), tmp_path / "run" / "checkpoint.safetensors"
    made()  # the generator starts where it did
    list(spert.training(whole, sentences, 4, seed=1))
    made()
    first = spert.training(stopped, sentences, 4, seed=1, checkpoint=file)
    begun = [next(first), next(first)]
    again = made()
    torch.manual_seed(99)
    seconds = list(spert.training(again, sentences, 4, seed=1, checkpoint=file))
    assert seconds[:2] == begun
    assert len(seconds) == 4
    assert all(torch.equal(one, again.state_dict()[name]) for name, one in whole.state_dict().items())
