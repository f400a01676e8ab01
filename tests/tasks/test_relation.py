"""Markers in pieces and in words, distances, excerpts of long texts, and every way of pooling.

What holds of every task holds of recurrent layers in tests/test_every_task.py, which trains the task's own sample.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from spanloom.config import DataConfig, RunConfig
from spanloom.core import Batch, Example, LostFact, Source
from spanloom.encoders import encoder_tables
from spanloom.encoders.contract import EncoderConfig
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.encoders.transformer.config import TransformerConfig
from spanloom.engine.device import to_tensors
from spanloom.engine.guard import check_rows
from spanloom.errors import ConfigError, DataError
from spanloom.export.to_onnx import to_onnx
from spanloom.inputs import MarkedText, Relation, Span
from spanloom.predict.bundle import OnnxBackend, start
from spanloom.tasks.relation import TASK
from spanloom.tasks.relation.codec import INSIDE, REACH, RelationCodec, distance
from spanloom.tasks.relation.config import RelationConfig
from spanloom.tasks.relation.model import build, divergence, losses
from spanloom.text.marks import MARKS, read_marks
from tests.tasks.sentences import text_of
from tests.text.tiny_tokenizer import NUMBER, PIECES, tiny_tokenizer

CPU = torch.device("cpu")
SPELLED: dict[str, Any] = {"char_width": 4, "char_filters": 6, "shape_width": 2, "hidden": 7}
RNN = RnnConfig(word_width=8, **SPELLED)
RAW = [
    ("<e1>abe</e1> fed <e2>bea</e2> a bad bee", "fed(e1,e2)"),
    ("a <e2>dad</e2> ceded to <e1>abe cab</e1> d", "fed(e2,e1)"),
    ("<e1>bea</e1><e2>dad</e2>", "Other"),
    ("the <e1>bad <e2>bee</e2> bed</e1>", "part(e1,e2)"),
    ("a <e1><e2>cab</e2></e1> a a a a a a", "Other"),
]


def example(raw: str, label: str | None, line: int = 1) -> Example:
    item = read_marks(raw, "test")
    return Example(item, None if label is None else Relation(item.head, item.tail, label), Source("data.jsonl", line))


EXAMPLES = [example(raw, label, line) for line, (raw, label) in enumerate(RAW, 1)]


def save(folder: Path, spare: int) -> Path:
    """A BERT of the tiny tokenizer's alphabet, with so many pieces to spare."""
    table = json.loads(tiny_tokenizer())
    for number in range(spare):
        table["model"]["vocab"][f"[unused{number}]"] = len(table["model"]["vocab"])
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    model = BertModel(BertConfig(vocab_size=len(PIECES) + spare, max_position_embeddings=32, **sizes))
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(json.dumps(table), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: save(tmp_path_factory.mktemp(name), spare) for name, spare in (("spare", 5), ("full", 0))}


@dataclass(frozen=True)
class Case:
    config: RelationConfig
    codec: RelationCodec

    def batch(self, some: list[Example]) -> Batch:
        return self.codec.collate([self.codec.encode(item) for item in some])

    def model(self) -> nn.Module:
        torch.manual_seed(3)
        return build(self.config, self.codec).eval()


CASES: dict[str, dict[str, Any]] = {
    "words": {"pooling": ("spans", "attention"), "position_width": 3},
    "words, convolutions": {"kind": "cnn", "pooling": ("max", "starts"), "position_width": 3, "focal_gamma": 2.0},
    "words, hidden layer": {"pooling": ("mean",), "projection": 5, "class_weights": "balanced"},
    "pieces": {"path": "spare", "pooling": ("starts", "spans"), "label_smoothing": 0.1},
    "pieces, layers above": {"path": "spare", "layers": 1, "pooling": ("first", "starts"), "position_width": 2},
    "pieces, none to spare": {"path": "full", "pooling": ("first", "spans"), "projection": 4},
}


def fitted(name: str, folders: dict[str, Path], **changes: Any) -> Case:
    settings = {**CASES[name], **changes}
    encoder: EncoderConfig = RNN
    if "path" in settings:
        path, layers = folders[settings.pop("path")], settings.pop("layers", 0)
        encoder = TransformerConfig(path=path, layers=layers, **SPELLED)
    elif "kind" in settings:
        encoder = encoder_tables()[settings.pop("kind")](word_width=8, **SPELLED)
    config = RelationConfig(**{"max_words": 20, **settings, "encoder": encoder})
    return Case(config, RelationCodec.fit(EXAMPLES, config))


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, folders: dict[str, Path]) -> Case:
    return fitted(request.param, folders)


def run(model: nn.Module, batch: Batch) -> Tensor:
    with torch.no_grad():
        return model(**to_tensors(batch.inputs, CPU))["classes"]  # type: ignore[no-any-return]


# ---- what holds of every kind ----------------------------------------------------------------------------------------


def test_perfect_scores_decode_to_the_gold(case: Case) -> None:
    batch = case.batch(EXAMPLES)
    decoded = case.codec.decode(case.codec.perfect(batch), batch)
    assert decoded == [item.gold for item in EXAMPLES]
    assert all(0.99 < (answer.score or 0) <= 1 for answer in decoded)


def test_rows_pass_the_checks_before_training(case: Case) -> None:
    rows = [case.codec.encode(item) for item in EXAMPLES]
    check_rows(rows, EXAMPLES, case.codec)
    assert [row.group for row in rows] == [label for _, label in RAW]
    bad = replace(rows[1], inputs={**rows[1].inputs, "from_tail": np.full_like(rows[1].inputs["from_tail"], 999)})
    with pytest.raises(DataError, match=r"^data\.jsonl:2: 'from_tail' holds 999; ids in 0\.\.61"):
        check_rows([rows[0], bad, *rows[2:]], EXAMPLES, case.codec)


def test_the_codec_comes_back_from_its_json(case: Case) -> None:
    again = RelationCodec.from_dict(json.loads(json.dumps(case.codec.to_dict())), case.codec.tokenizer_json())
    assert again.to_dict() == case.codec.to_dict()
    assert again.limits() == case.codec.limits()
    for item in EXAMPLES:
        found, wanted = again.encode(item), case.codec.encode(item)
        assert found.inputs.keys() == wanted.inputs.keys()
        assert all(np.array_equal(array, wanted.inputs[name]) for name, array in found.inputs.items())


def test_padding_and_neighbours_change_nothing(case: Case) -> None:
    model = case.model()
    together = run(model, case.batch(EXAMPLES))
    assert together.shape == (len(EXAMPLES), 4)
    turned = run(model, case.batch(EXAMPLES[::-1])).flip(0)
    alone = torch.cat([run(model, case.batch([item])) for item in EXAMPLES])
    torch.testing.assert_close(turned, together, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(alone, together, rtol=1e-5, atol=1e-6)


def test_losses_are_sums_over_examples_and_perfect_scores_cost_least(case: Case) -> None:
    def cost(scores: Tensor, batch: Batch) -> float:
        found = losses({"classes": scores}, to_tensors(batch.targets, CPU))
        assert found.keys() == batch.counts.keys() == {"classes"}
        return float(found["classes"])

    model, batch = case.model(), case.batch(EXAMPLES)
    singles = [case.batch([item]) for item in EXAMPLES]
    apart = sum(cost(run(model, single), single) for single in singles)
    assert apart == pytest.approx(cost(run(model, batch), batch), rel=1e-5)
    if not case.config.label_smoothing:
        assert 0 <= cost(torch.from_numpy(case.codec.perfect(batch)["classes"]), batch) < 1e-3


def test_every_trainable_weight_gets_a_gradient(case: Case) -> None:
    model, batch = case.model(), case.batch(EXAMPLES)
    losses(model(**to_tensors(batch.inputs, CPU)), to_tensors(batch.targets, CPU))["classes"].backward()
    idle = {name for name, weight in model.named_parameters() if weight.requires_grad and weight.grad is None}
    assert {name for name in idle if "pooler" not in name} == set()


def test_head_and_tail_are_told_apart(case: Case) -> None:
    """Except where markers are the same unknown piece, and vectors are pooled without order."""
    turned = [
        replace(item, input=MarkedText(item.input.text, item.input.tail, item.input.head), gold=None)
        for item in EXAMPLES[:2]
    ]
    model = case.model()
    assert not torch.allclose(run(model, case.batch(turned)), run(model, case.batch(EXAMPLES[:2])), atol=1e-4)


@pytest.mark.slow(reason="exports a model, which takes seconds each")
@pytest.mark.parametrize("name", ["words, convolutions", "pieces, layers above", "pieces, none to spare"])
def test_the_exported_graph_computes_what_the_model_does(name: str, folders: dict[str, Path], tmp_path: Path) -> None:
    case = fitted(name, folders)
    model = case.model()
    rows = [case.codec.encode(replace(item, gold=None)) for item in EXAMPLES]
    to_onnx(model, case.codec, rows, tmp_path / "model.onnx")
    graph = OnnxBackend(start((tmp_path / "model.onnx").read_bytes(), "model.onnx"))
    for batch in (case.codec.collate(some) for some in ([rows[0]], [rows[2]], rows[2:4], rows)):
        np.testing.assert_allclose(graph.forward(batch.inputs)["classes"], run(model, batch), rtol=1e-4, atol=1e-5)


def test_two_outputs_are_as_far_apart_as_their_probabilities(folders: dict[str, Path]) -> None:
    batch = fitted("words", folders).batch(EXAMPLES)
    one, other = torch.randn((2, len(EXAMPLES), 4), generator=torch.Generator().manual_seed(0))
    p, q = torch.softmax(one, 1), torch.softmax(other, 1)
    found = divergence({"classes": one}, {"classes": other}, to_tensors(batch.targets, CPU))
    assert float(found["classes"]) == pytest.approx(float(((p - q) * (p / q).log()).sum()) / 2, rel=1e-4)


# ---- markers and distances -------------------------------------------------------------------------------------------


def test_distances_count_words_from_a_span() -> None:
    assert (distance(6, 2, 4) - INSIDE).tolist() == [-2, -1, 0, 0, 1, 2]
    far = distance(2 * REACH + 9, 0, 1) - INSIDE
    assert far.max() == REACH
    assert distance(99, 98, 99).min() == 1, "0 is left for padding"


def test_words_are_read_with_markers_between_them(folders: dict[str, Path]) -> None:
    codec = fitted("words", folders).codec
    row = codec.encode(example("a <e2>dad</e2> ceded to <e1>abe cab</e1> d", None))
    numbers = row.inputs["words"].tolist()
    words = codec.features.words  # type: ignore[union-attr]
    assert words is not None
    expected = ["a", "<e2>", "dad", "</e2>", "ceded", "to", "<e1>", "abe", "cab", "</e1>", "d"]
    assert numbers == [words.number(word) for word in expected]
    assert len({words.number(mark) for mark in MARKS} | {1}) == 5, "each is a word of its own"
    assert (row.inputs["from_head"] - INSIDE).tolist() == [-7, -6, -5, -4, -3, -2, -1, 0, 0, 1, 2]
    assert (row.inputs["from_tail"] - INSIDE).tolist() == [-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8]


def test_pieces_have_the_distance_of_their_word_and_special_ones_none(folders: dict[str, Path]) -> None:
    row = fitted("pieces", folders).codec.encode(example("<e1>abcd</e1> e<e2>a</e2>", None))
    spare = len(PIECES)
    known = [NUMBER["ab"], NUMBER["##cd"]]
    assert row.inputs["pieces"].tolist() == [
        NUMBER["[CLS]"],
        *(spare, *known, spare + 1, NUMBER["e"], spare + 2, NUMBER["a"], spare + 3),
        NUMBER["[SEP]"],
    ]
    from_head = [0, *(number + INSIDE for number in (-1, 0, 0, 1, 2, 3, 4, 5)), 0]
    assert row.inputs["from_head"].tolist() == from_head


def test_a_vocabulary_with_nothing_to_spare_has_plain_marks(folders: dict[str, Path]) -> None:
    codec = fitted("pieces, none to spare", folders).codec
    assert codec.markers == ("$", "$", "#", "#")
    pieces = codec.encode(example("a <e1>b</e1><e2>c</e2>", None)).inputs["pieces"].tolist()
    unknown = "[UNK]"  # the alphabet of this tokenizer has neither mark
    assert pieces == [NUMBER[name] for name in ("[CLS]", "a", unknown, "b", *[unknown] * 2, "c", unknown, "[SEP]")]


def test_pooling_reads_the_marker_before_a_span_and_the_span_itself(folders: dict[str, Path]) -> None:
    case = fitted("words", folders, pooling=("starts", "spans"), position_width=0)
    model: Any = case.model()
    batch = case.batch([EXAMPLES[3]])  # the <e1> bad <e2> bee </e2> bed </e1>
    inputs = to_tensors(batch.inputs, CPU)
    inner = {name: tensor for name, tensor in inputs.items() if not name.startswith("from_")}
    x = model.encoder(**inner).vectors[0]
    pooled = torch.cat([x[1], x[3], x[2:7].mean(0), x[4]])
    torch.testing.assert_close(run(model, batch)[0], model.classifier(pooled).detach(), rtol=1e-5, atol=1e-6)


# ---- long texts ------------------------------------------------------------------------------------------------------


def test_an_excerpt_around_both_spans_is_read_and_the_rest_declared(folders: dict[str, Path]) -> None:
    codec = fitted("words", folders, max_words=6).codec
    before = LostFact("entity", "x", "y", "not read")
    long = example("a b c d <e1>abe</e1> fed <e2>bea</e2> e a b", "Other")
    row = codec.encode(replace(long, lost=(before,)))
    kept = example("d <e1>abe</e1> fed <e2>bea</e2> e a", "Other")
    assert row.lost == (before, *(LostFact("text", "Other", text, "truncated") for text in ("a b c", "b")))
    assert all(np.array_equal(array, codec.encode(kept).inputs[name]) for name, array in row.inputs.items())
    batch = codec.collate([row])
    assert codec.decode(codec.perfect(batch), batch) == [long.gold], "in the tokens of the whole text"
    apart = example("<e1>abe</e1> a b c d e a b <e2>bea</e2>", "Other")
    assert codec.encode(apart).lost == (LostFact("text", "Other", "c d e", "truncated"),)
    assert codec.encode(kept).lost == ()


@pytest.mark.parametrize("name", ["words", "pieces"])
def test_spans_stay_however_long_they_are(name: str, folders: dict[str, Path]) -> None:
    codec = fitted(name, folders, max_words=4).codec
    row = codec.encode(example("z <e1>a b c</e1> d d <e2>a b c</e2> z", None))
    assert [fact.text for fact in row.lost] == ["z", "d d", "z"]
    assert (row.inputs["from_head"] == INSIDE).sum() == (row.inputs["from_tail"] == INSIDE).sum() == 3


def test_a_row_never_outgrows_the_encoder(folders: dict[str, Path]) -> None:
    codec = fitted("pieces", folders, max_words=30).codec
    long = MarkedText(text_of(["a"] * 40), Span(3, 4, ""), Span(30, 32, ""))
    assert codec.encode(Example(long)).length == 32
    for size in (26, 27):
        item = Example(
            MarkedText(text_of(["a"] * 40), Span(1, size, ""), Span(size, size + 1, "")), None, Source("d", 7)
        )
        if size == 26:
            assert codec.encode(item).length == 32
        else:
            with pytest.raises(DataError, match=r"^d:7: head and tail have 27 words together; at most 26, "):
                codec.encode(item)


# ---- the task --------------------------------------------------------------------------------------------------------


def test_what_a_user_gives_and_sees(folders: dict[str, Path]) -> None:
    codec = fitted("words", folders).codec
    item = TASK.prepare("The <e1>bee</e1> fed <e2>bea</e2>.", codec)
    shown = TASK.show(item, Relation(item.head, item.tail, "fed(e1,e2)", 0.5))
    assert shown["text"] == "The bee fed bea."
    assert (shown["head"]["start"], shown["tail"]["end"], shown["relation"]) == (4, 15, "fed(e1,e2)")
    with pytest.raises(DataError, match=r"^predict: no <e1>, </e1>, <e2>, </e2> in 'The bee'"):
        TASK.prepare("The bee", codec)
    with pytest.raises(DataError, match=r"^predict: 2 texts together; one text"):
        TASK.prepare(["a", "b"], codec)
    assert TASK.answer().label == ""


def test_the_score_leaves_out_what_the_configuration_calls_no_relation(folders: dict[str, Path]) -> None:
    predictions = [item.gold for item in EXAMPLES[:-1]] + [replace(EXAMPLES[-1].gold, label="part(e1,e2)")]  # type: ignore[type-var]
    scored = {
        names: TASK.score(EXAMPLES, predictions, fitted("words", folders, no_relation=names).codec)
        for names in (("Other",), ())
    }
    assert TASK.best(scored[("Other",)]) == pytest.approx((1 + 2 / 3) / 2)
    assert TASK.best(scored[()]) == pytest.approx((1 + 2 / 3 + 2 / 3) / 3)
    assert "words unknown to the model" in scored[()]["breakdown"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pooling": ()}, r"^model\.pooling: is \[\]; one way or more, each once"),
        ({"pooling": ("spans", "spans")}, r"^model\.pooling: is \['spans', 'spans'\]"),
        ({"max_words": 1}, r"^model\.max_words: is 1; at least 2"),
        ({"position_width": -1}, r"^model\.position_width: is -1; at least 0"),
        ({"projection": -2}, r"^model\.projection: is -2"),
        ({"dropout": 1.0}, r"^model\.dropout: is 1\.0; a part in 0\.\.1, below 1"),
        ({"label_smoothing": 1.0}, r"^model\.label_smoothing: is 1\.0; a part in 0\.\.1"),
        ({"focal_gamma": -1.0}, r"^model\.focal_gamma: is -1\.0; at least 0"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        RelationCodec.fit(EXAMPLES, RelationConfig(encoder=RNN, **settings))


def test_data_of_one_relation_or_of_two_spellings_are_refused() -> None:
    config = RelationConfig(encoder=RNN)
    with pytest.raises(ConfigError, match=r"^data\.train: every example has the label 'fed\(e1,e2\)'; two relations"):
        build(config, RelationCodec.fit(EXAMPLES[:1], config))
    some = [EXAMPLES[0], example(RAW[0][0], "Fed(e1,e2)", 9)]
    whole = RunConfig("relation", model=config)
    with pytest.raises(DataError, match=r"^data\.jsonl:9: relation label 'Fed\(e1,e2\)', but 'fed\(e1,e2\)'"):
        TASK.fit(some, whole)
    assert len(TASK.fit(some, replace(whole, data=DataConfig(repair=True))).classes.names) == 2


def test_the_check_compares_with_the_dev_data(tmp_path: Path) -> None:
    dev = tmp_path / "dev.txt"
    dev.write_text(f"{RAW[0][0]}\nfed(e1,e2)\n\n<e1>a</e1> <e2>b</e2>\nnew\n", encoding="utf-8")
    config = RunConfig("relation", data=DataConfig(dev=dev), model=RelationConfig(encoder=RNN, max_words=5))
    issues = TASK.check(EXAMPLES, config)["issues"]
    assert issues["dev examples that are in train"]["count"] == 1
    assert issues["dev labels never seen in train"]["first"] == [f"{dev}:4: new"]
    assert issues["more than 5 tokens, an excerpt is read"]["count"] == 3
