"""Pairs in one row of pieces and side by side in words, labels that stand together, and one score for two classes.

What holds of every task holds of single sentences in tests/test_every_task.py, which trains the task's own sample.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel

from spanloom.answers.label import Label
from spanloom.config import DataConfig, RunConfig
from spanloom.core import Batch, Example, LostFact, Source
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.encoders.transformer.config import TransformerConfig
from spanloom.engine.device import to_tensors
from spanloom.engine.evaluate import TorchBackend
from spanloom.engine.guard import check_rows
from spanloom.errors import ConfigError, DataError
from spanloom.export.to_onnx import to_onnx
from spanloom.inputs import TextPair
from spanloom.nn.heads.classes import divergence, losses
from spanloom.predict.bundle import OnnxBackend, start
from spanloom.predict.predictor import Predictor
from spanloom.tasks.classify import TASK
from spanloom.tasks.classify.codec import ClassifyCodec, proportional
from spanloom.tasks.classify.config import ClassifyConfig
from spanloom.tasks.classify.model import build
from spanloom.text.windows import part_of_text, windows_of
from tests.tasks.sentences import text_of
from tests.text.tiny_tokenizer import NUMBER, PIECES, tiny_tokenizer

CPU = torch.device("cpu")
SPELLED: dict[str, Any] = {"char_width": 4, "char_filters": 6, "shape_width": 2, "hidden": 7}
RNN = RnnConfig(word_width=8, **SPELLED)
TEXTS = ["abe fed bea a bad bee", "bea", "dad ceded a cab", "a b c d e a b c d e a", "fed", "cab e"]
ONE = ["no", "yes", "no", "yes", "yes", "no"]
SEVERAL = [("far",), (), ("far", "near"), ("here", "near"), ("near",), ("far", "here", "near")]


def example(texts: str | tuple[str, str], names: tuple[str, ...] | None, line: int = 1) -> Example:
    read = [text_of(text.split()) for text in ([texts] if isinstance(texts, str) else texts)]
    item = TextPair(*read) if len(read) == 2 else read[0]
    return Example(item, None if names is None else Label(names), Source("data.tsv", line))


def examples(pairs: bool, several: bool) -> list[Example]:
    inputs: list[Any] = list(zip(TEXTS, TEXTS[::-1], strict=True)) if pairs else TEXTS
    golds = SEVERAL if several else [(name,) for name in ONE]
    return [example(item, gold, line) for line, (item, gold) in enumerate(zip(inputs, golds, strict=True), 1)]


def save(model: nn.Module, path: Path) -> Path:
    model.save_pretrained(path)  # type: ignore[operator]
    (path / "tokenizer.json").write_text(tiny_tokenizer(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of the tiny tokenizer's alphabet."""
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    model = BertModel(BertConfig(vocab_size=len(PIECES), max_position_embeddings=256, **sizes))
    return save(model, tmp_path_factory.mktemp("encoder"))


@dataclass(frozen=True)
class Case:
    config: ClassifyConfig
    examples: list[Example]
    codec: ClassifyCodec

    def batch(self, some: list[Example]) -> Batch:
        return self.codec.collate([self.codec.encode(item) for item in some])

    def model(self) -> nn.Module:
        torch.manual_seed(3)
        return build(self.config, self.codec).eval()


CASES = {
    "pairs-words": (True, False, {"pooling": "max", "class_weights": "balanced"}),
    "pairs-pieces": (True, False, {"focal_gamma": 2.0, "label_smoothing": 0.1}),
    "binary-words": (False, False, {"pooling": "last", "loss": "binary", "class_weights": "balanced"}),
    "binary-pieces": (True, False, {"pooling": "first", "loss": "binary", "focal_gamma": 1.0}),
    "several-words": (True, True, {"pooling": "attention", "class_weights": "balanced", "label_smoothing": 0.1}),
    "several-pieces": (False, True, {"pooling": "attention", "focal_gamma": 2.0}),
}


def fitted(name: str, folder: Path, **changes: Any) -> Case:
    pairs, several, settings = CASES[name]
    pieces = TransformerConfig(path=folder, layers=0, **SPELLED)
    config = ClassifyConfig(encoder=pieces if name.endswith("pieces") else RNN, **{**settings, **changes})
    some = examples(pairs, several)
    return Case(config, some, ClassifyCodec.fit(some, config))


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, folder: Path) -> Case:
    return fitted(request.param, folder)


def run(model: nn.Module, batch: Batch) -> Tensor:
    with torch.no_grad():
        return model(**to_tensors(batch.inputs, CPU))["classes"]  # type: ignore[no-any-return]


# ---- what holds of every kind ----------------------------------------------------------------------------------------


def test_perfect_scores_decode_to_the_gold(case: Case) -> None:
    batch = case.batch(case.examples)
    decoded = case.codec.decode(case.codec.perfect(batch), batch)
    assert decoded == [item.gold for item in case.examples]
    assert all(0.99 < score <= 1 for answer in decoded for score in answer.scores or ())


def test_rows_pass_the_checks_before_training_and_bad_ones_do_not(case: Case) -> None:
    rows = [case.codec.encode(item) for item in case.examples]
    check_rows(rows, case.examples, case.codec)
    for bad in (-100, 9):
        targets = {"classes": np.full_like(rows[2].targets["classes"], bad)}
        with pytest.raises(DataError, match=rf"^data\.tsv:3: 'classes' holds {bad}; ids in 0\.\.1"):
            check_rows([*rows[:2], replace(rows[2], targets=targets), *rows[3:]], case.examples, case.codec)


def test_the_codec_comes_back_from_its_json(case: Case) -> None:
    again = ClassifyCodec.from_dict(json.loads(json.dumps(case.codec.to_dict())), case.codec.tokenizer_json())
    assert again.to_dict() == case.codec.to_dict()
    assert again.limits() == case.codec.limits()
    for item in case.examples:
        found, wanted = again.encode(item), case.codec.encode(item)
        for arrays, others in ((found.inputs, wanted.inputs), (found.targets, wanted.targets)):
            assert arrays.keys() == others.keys()
            assert all(np.array_equal(array, others[name]) for name, array in arrays.items())


def test_padding_and_neighbours_change_nothing(case: Case) -> None:
    model = case.model()
    together = run(model, case.batch(case.examples))
    assert together.shape == (len(case.examples), case.codec.classes.scores)
    turned = run(model, case.batch(case.examples[::-1])).flip(0)
    alone = torch.cat([run(model, case.batch([item])) for item in case.examples])
    torch.testing.assert_close(turned, together, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(alone, together, rtol=1e-5, atol=1e-6)


def test_losses_are_sums_over_examples_and_perfect_scores_cost_least(case: Case) -> None:
    def cost(scores: Tensor, batch: Batch) -> float:
        found = losses({"classes": scores}, to_tensors(batch.targets, CPU))
        assert found.keys() == batch.counts.keys() == {"classes"}
        return float(found["classes"])

    model, batch = case.model(), case.batch(case.examples)
    together = cost(run(model, batch), batch)
    singles = [case.batch([item]) for item in case.examples]
    assert sum(cost(run(model, single), single) for single in singles) == pytest.approx(together, rel=1e-5)
    assert sum(single.counts["classes"] for single in singles) == batch.counts["classes"] == len(case.examples)
    if not case.config.label_smoothing:
        assert 0 <= cost(torch.from_numpy(case.codec.perfect(batch)["classes"]), batch) < 1e-3


def test_two_outputs_are_as_far_apart_as_their_probabilities(case: Case) -> None:
    batch = case.batch(case.examples)
    draw = torch.Generator().manual_seed(0)
    size = len(case.examples), case.codec.classes.scores
    one, other = torch.randn(size, generator=draw), torch.randn(size, generator=draw)
    expected = 0.0
    for p, q in zip(distributions(case, one), distributions(case, other), strict=True):
        expected += sum(((p - q) * (p / q).log()).tolist()) / 2
    found = divergence({"classes": one}, {"classes": other}, to_tensors(batch.targets, CPU))
    assert found.keys() == {"classes"}
    assert float(found["classes"]) == pytest.approx(expected, rel=1e-4)


def distributions(case: Case, scores: Tensor) -> list[Tensor]:
    """One of all classes for each example, or one of yes and no for each score."""
    if case.codec.classes.decision == "one":
        return list(torch.softmax(scores, dim=1))
    return [torch.stack([1 - p, p]) for p in torch.sigmoid(scores).flatten()]


def test_every_trainable_weight_gets_a_gradient(case: Case) -> None:
    model, batch = case.model(), case.batch(case.examples)
    total = losses(model(**to_tensors(batch.inputs, CPU)), to_tensors(batch.targets, CPU))["classes"]
    total.backward()
    idle = {name for name, weight in model.named_parameters() if weight.requires_grad and weight.grad is None}
    assert {name for name in idle if "pooler" not in name} == set()


@pytest.mark.slow(reason="exports a model, which takes seconds each")
@pytest.mark.parametrize("name", ["pairs-words", "pairs-pieces", "binary-words"])
def test_the_exported_graph_computes_what_the_model_does(name: str, folder: Path, tmp_path: Path) -> None:
    same_when_exported(fitted(name, folder), tmp_path)


def same_when_exported(case: Case, tmp_path: Path) -> None:
    model = case.model()
    rows = [case.codec.encode(replace(item, gold=None)) for item in case.examples]
    to_onnx(model, case.codec, rows, tmp_path / "model.onnx")
    graph = OnnxBackend(start((tmp_path / "model.onnx").read_bytes(), "model.onnx"))
    batches = [case.codec.collate(some) for some in ([rows[0]], [rows[1]], rows[2:4], rows)]
    assert {node.name for node in graph.session.get_inputs()} <= batches[0].inputs.keys()
    for batch in batches:
        np.testing.assert_allclose(graph.forward(batch.inputs)["classes"], run(model, batch), rtol=1e-4, atol=1e-5)


def test_what_a_user_sees_reads_back(case: Case) -> None:
    batch = case.batch(case.examples)
    answers = case.codec.decode({"classes": run(case.model(), batch).numpy()}, batch)
    for item, answer in zip(case.examples, answers, strict=True):
        shown = TASK.show(item.input, answer)
        json.dumps(shown)
        assert [label["label"] for label in shown["labels"]] == list(answer.names)
        assert all(0 <= label["score"] <= 1 for label in shown["labels"])
        assert set(shown) == ({"first", "second"} if case.codec.texts == 2 else {"text"}) | {"labels"}
    scorecard = TASK.score(case.examples, answers, case.codec)
    assert TASK.best(scorecard) == scorecard["overall"][scorecard["rule"]]["f1"]
    assert scorecard["rule"] == ("labels" if case.codec.classes.decision == "each" else "accuracy")


# ---- pairs -----------------------------------------------------------------------------------------------------------


def test_a_pair_in_pieces_is_one_row_with_two_types(folder: Path) -> None:
    codec = fitted("pairs-pieces", folder).codec
    inputs = codec.encode(example(("ab c", "d"), ("no",))).inputs
    pieces = ["[CLS]", "ab", "c", "[SEP]", "d", "[SEP]"]
    assert inputs["pieces"].tolist() == [NUMBER[piece] for piece in pieces]
    assert inputs["types"].tolist() == [0, 0, 0, 0, 1, 1]
    assert inputs["first"].tolist() == inputs["last"].tolist() == list(range(6))
    assert (inputs["shapes"] == 0).tolist() == [True, False, False, True, False, True]
    assert not inputs["characters"][[0, 3, 5]].any()
    assert inputs["characters"][[1, 2, 4]].any(axis=1).all()


def test_the_types_are_read(folder: Path) -> None:
    case = fitted("pairs-pieces", folder)
    model, batch = case.model(), case.batch(case.examples)
    wanted = run(model, batch)
    batch.inputs["types"] = np.zeros_like(batch.inputs["types"])
    assert not torch.allclose(run(model, batch), wanted, atol=1e-4)


@pytest.mark.slow(reason="exports a model")
def test_an_encoder_without_types_goes_by_the_special_pieces(tmp_path: Path) -> None:
    torch.manual_seed(0)
    sizes = {"dim": 8, "n_layers": 1, "n_heads": 2, "hidden_dim": 16}
    model = DistilBertModel(DistilBertConfig(vocab_size=len(PIECES), max_position_embeddings=256, **sizes))
    case = fitted("pairs-pieces", save(model, tmp_path / "encoder"))
    assert run(case.model(), case.batch(case.examples)).shape == (6, 2)
    same_when_exported(case, tmp_path)


def test_a_pair_in_words_is_compared_by_difference_and_product(folder: Path) -> None:
    case = fitted("pairs-words", folder)
    model: Any = case.model()
    batch = case.batch(case.examples)
    assert {name: array.shape[:2] for name, array in batch.inputs.items()} == dict.fromkeys(batch.inputs, (6, 2))
    u, v = (
        torch.stack(
            [read_alone(model, {name: array[row, side] for name, array in batch.inputs.items()}) for row in range(6)]
        )
        for side in (0, 1)
    )
    wanted = model.classifier(torch.cat([u, v, (u - v).abs(), u * v], dim=1))
    torch.testing.assert_close(run(model, batch), wanted.detach(), rtol=1e-5, atol=1e-6)


def read_alone(model: Any, inputs: Mapping[str, Any]) -> Tensor:
    """The pooled vector of one text, cut to its own length."""
    length = int(inputs["lengths"])
    windows_of = {
        name: torch.as_tensor(array if name == "lengths" else array[:length])[None] for name, array in inputs.items()
    }
    return model.encoder(**windows_of).vectors[0].amax(dim=0)  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["pairs-words", "pairs-pieces"])
def test_a_model_of_pairs_takes_two_texts(name: str, folder: Path) -> None:
    codec = fitted(name, folder).codec
    assert TASK.prepare(("a b", "c"), codec) == example(("a b", "c"), None).input
    for texts, found in (("a b", "one text"), (["a"], "one text"), (["a", "b", "c"], "3 texts together")):
        with pytest.raises(
            DataError, match=rf"^predict: {found}; exactly two, a first and a second.* trained on pairs"
        ):
            TASK.prepare(texts, codec)
    with pytest.raises(DataError, match=r"^data\.tsv:5: one text, but the model reads a pair of texts"):
        codec.encode(example("a b", ("no",), 5))


def test_a_model_of_single_texts_takes_one(folder: Path) -> None:
    codec = fitted("binary-words", folder).codec
    assert TASK.prepare("a b", codec) == example("a b", None).input
    with pytest.raises(DataError, match=r"^predict: 2 texts together; one: this model was trained on single texts"):
        TASK.prepare(("a", "b"), codec)
    with pytest.raises(DataError, match=r"^data\.tsv:5: a pair of texts, but the model reads one text"):
        codec.encode(example(("a", "b"), ("no",), 5))


# ---- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "kept"),
    [([4, 6], [4, 6]), ([10, 10], [5, 5]), ([30, 10], [7, 2]), ([1, 99], [1, 9]), ([0, 12], [0, 10]), ([12], [10])],
)
def test_texts_are_cut_in_proportion(sizes: list[int], kept: list[int]) -> None:
    assert proportional(sizes, 10) == kept


@pytest.mark.parametrize("name", ["pairs-words", "pairs-pieces"])
def test_what_is_cut_is_declared(name: str, folder: Path) -> None:
    codec = fitted(name, folder, max_words=6).codec
    before = LostFact("text", "no", "z", "not read")
    row = codec.encode(replace(example(("a b c d e a", "b c d"), ("no",)), lost=(before,)))
    assert row.lost == (before, LostFact("text", "no", "e a", "truncated"), LostFact("text", "no", "d", "truncated"))
    short = codec.encode(example(("a b c d", "b c"), ("no",)))
    assert short.lost == ()
    assert all(np.array_equal(array, short.inputs[name]) for name, array in row.inputs.items())


def test_what_is_cut_is_counted(folder: Path) -> None:
    pairs = fitted("pairs-words", folder, max_words=6).codec
    assert pairs.encode(example(("a b c d e a", "b c d"), None)).cut == {"words": 3}
    assert pairs.encode(example(("a b c d", "b c"), None)).cut == {}
    pieces = fitted("pairs-pieces", folder, max_words=250).codec
    long_words = " ".join(["abe" * 5] * 100)
    row = pieces.encode(example((long_words, long_words), None))
    assert row.cut["pieces"] > 0
    assert "words" not in row.cut


@pytest.mark.parametrize("name", ["binary-words", "several-pieces"])
def test_windows_of_a_text_are_averaged_by_their_length(name: str, folder: Path) -> None:
    """A predictor's answer for a long text, beside the mean worked out here."""
    case = fitted(name, folder, max_words=4)
    model, codec = case.model(), case.codec
    predictor = Predictor(TASK, codec, TorchBackend(model.eval()), Path("nowhere"))
    text = text_of(["a", "b", "c", "d", "e", "a", "b", "c", "d"])
    [answer] = predictor.predict_inputs([text])
    windows = windows_of(text, 4)
    assert [end - start for start, end in windows] == [4, 4, 3]
    batches = (case.batch([Example(part_of_text(text, window))]) for window in windows)
    labels = [label for batch in batches for label in codec.decode({"classes": run(model, batch).numpy()}, batch)]
    sure = [np.array(label.probabilities) for label in labels]
    mean = (4 * sure[0] + 4 * sure[1] + 3 * sure[2]) / 11
    assert answer.probabilities == pytest.approx(mean)
    assert answer == codec.classes.answer(mean)
    assert answer.scores == pytest.approx([mean[codec.classes.names.index(label)] for label in answer.names])


def test_probabilities_of_all_classes_stand_beside_the_answer(folder: Path) -> None:
    single = fitted("binary-words", folder).codec.classes
    [label] = single.decode(np.array([[2.0]]))
    assert label.names == ("yes",)
    assert label.probabilities is not None
    assert label.scores == label.probabilities[1:]
    assert sum(label.probabilities) == pytest.approx(1)
    assert single.answer(np.array([0.5, 0.5])).names == ("no",)


def test_two_texts_are_cut_to_the_room_that_the_encoder_has(folder: Path) -> None:
    case = fitted("pairs-pieces", folder, max_words=254)
    row = case.codec.encode(example(("a " * 200, "b " * 200), ("no",)))
    assert row.length == row.width == 126 + 126 + 3  # 253 words have room beside the special pieces
    assert len(row.lost) == 2


@pytest.mark.parametrize("empty", ["\u200b", "\u200b \ufeff\u2060"])
def test_a_text_with_nothing_to_read_is_refused_in_training_and_answered_later(folder: Path, empty: str) -> None:
    for name in ("pairs-words", "pairs-pieces"):
        case = fitted(name, folder)
        with pytest.raises(
            DataError, match=r"^data\.tsv:4: the text .*u200b.* has nothing to read in it; at least one"
        ):
            case.codec.encode(example(("a b", empty), ("no",), 4))
        for nothing in ("", empty):
            batch = case.batch([example(("a b", nothing), None), example(("a", "b"), None)])
            assert torch.isfinite(run(case.model(), batch)).all()


# ---- classes ---------------------------------------------------------------------------------------------------------


def test_a_label_that_training_never_had_is_refused(folder: Path) -> None:
    codec = fitted("pairs-words", folder).codec
    with pytest.raises(DataError, match=r"^data\.tsv:7: unknown label 'maybe'; .*\(no, yes\)"):
        codec.encode(example(("a", "b"), ("maybe",), 7))
    with pytest.raises(DataError, match=r"^data\.tsv:8: 2 labels together: no, yes; exactly one"):
        codec.encode(example(("a", "b"), ("no", "yes"), 8))
    with pytest.raises(DataError, match=r"^data\.tsv:9: no label; exactly one"):
        codec.encode(example(("a", "b"), (), 9))


def test_labels_stand_together_if_the_data_say_so_or_the_settings_do(folder: Path) -> None:
    single = examples(False, False)
    for labels, decision in (("auto", "one"), ("single", "one"), ("multi", "each")):
        config = ClassifyConfig(encoder=RNN, labels=labels)  # type: ignore[arg-type]
        assert ClassifyCodec.fit(single, config).classes.decision == decision
    assert fitted("several-words", folder).codec.classes.decision == "each"


def test_the_threshold_decides_which_labels_hold(folder: Path) -> None:
    probabilities = np.array([[0.29, 0.31, 0.9]])
    outputs = {"classes": np.log(probabilities / (1 - probabilities))}
    case = fitted("several-words", folder, threshold=0.3)
    answer = case.codec.decode(outputs, case.batch(case.examples[:1]))[0]
    assert answer.names == ("here", "near")
    assert answer.scores == pytest.approx((0.31, 0.9))


def test_scores_are_probabilities_of_the_class_that_is_answered(folder: Path) -> None:
    chosen = fitted("pairs-words", folder).codec.classes
    assert chosen.decode(np.array([[0.0, np.log(3)]]))[0].scores == pytest.approx((0.75,))
    decided = fitted("binary-words", folder).codec.classes
    answers = decided.decode(np.array([[np.log(3)], [-np.log(3)]]))
    assert [answer.names for answer in answers] == [("yes",), ("no",)]
    assert [answer.scores for answer in answers] == [pytest.approx((0.75,))] * 2


def test_rows_are_grouped_by_their_class_for_weighted_sampling(folder: Path) -> None:
    for name, groups in (("pairs-words", ONE), ("several-words", ["far", "no label", "far + near"])):
        case = fitted(name, folder)
        rows = [case.codec.encode(item) for item in case.examples]
        assert [row.group for row in rows][: len(groups)] == groups


def test_balanced_weights_make_every_class_weigh_the_same() -> None:
    """Three of 'a' and one of 'b': 4 / (2 * 3) and 4 / (2 * 1), so that each class sums to 2 and the mean is 1."""
    some = [example("x", (name,)) for name in "aaab"]
    one, second = (
        ClassifyCodec.fit(some, ClassifyConfig(encoder=RNN, loss=loss, class_weights="balanced")).loss["class_weights"]  # type: ignore[arg-type]
        for loss in ("cross_entropy", "binary")
    )
    assert one == pytest.approx([2 / 3, 2])
    assert second == [[pytest.approx(2 / 3)], [2]]
    several = [example("x", names) for names in (("a", "b"), ("a",), ("a",), ())]
    each = ClassifyCodec.fit(several, ClassifyConfig(encoder=RNN, class_weights="balanced")).loss["class_weights"]
    assert each == [pytest.approx([4 / 2, 4 / 6]), pytest.approx([4 / 6, 4 / 2])]


# ---- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_words": 1}, r"^model\.max_words: is 1; at least 2"),
        ({"threshold": 1.0}, r"^model\.threshold: is 1\.0; a part in 0..1, above 0, below 1"),
        ({"label_smoothing": 1.0}, r"^model\.label_smoothing: is 1\.0; a part in 0\.\.1, below 1"),
        ({"dropout": -0.1}, r"^model\.dropout: is -0\.1"),
        ({"focal_gamma": float("nan")}, r"^model\.focal_gamma: is nan; at least 0"),
    ],
)
def test_numbers_out_of_range_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ClassifyCodec.fit(examples(False, False), ClassifyConfig(encoder=RNN, **settings))


def test_a_single_score_cannot_decide_between_three(folder: Path) -> None:
    three = [example("a", (name,)) for name in ("x", "y", "z")]
    with pytest.raises(ConfigError, match=r"^model\.loss: is 'binary', but the training data have 3 classes; two"):
        ClassifyCodec.fit(three, ClassifyConfig(encoder=RNN, loss="binary"))


def test_the_last_state_needs_recurrent_layers(folder: Path) -> None:
    case = fitted("pairs-pieces", folder, pooling="last")
    with pytest.raises(ConfigError, match=r"^model\.pooling: is 'last', but there are no recurrent layers"):
        case.model()


def test_data_of_one_class_or_none_are_refused() -> None:
    config = ClassifyConfig(encoder=RNN)
    with pytest.raises(ConfigError, match=r"^data\.train: every example has the label 'x'; two classes at least"):
        build(config, ClassifyCodec.fit([example("a", ("x",))], config))
    with pytest.raises(DataError, match=r"^data\.tsv: no label in any example"):
        ClassifyCodec.fit([example("a", ())], config)


def test_labels_that_differ_by_case_alone_are_refused_unless_that_is_wanted() -> None:
    config = RunConfig("classify", model=ClassifyConfig(encoder=RNN))
    some = [example("a", ("Far",), 1), example("b", ("far",), 2)]
    with pytest.raises(DataError, match=r"^data\.tsv:2: .*'far'"):
        TASK.fit(some, config)
    assert TASK.fit(some, replace(config, data=DataConfig(repair=True))).classes.names == ("Far", "far")


def test_the_check_compares_with_the_dev_data(tmp_path: Path) -> None:
    dev = tmp_path / "dev.tsv"
    dev.write_text("a bad bee\tno\nfed\tyes\nnew\tmaybe\n", encoding="utf-8")
    config = RunConfig("classify", data=DataConfig(dev=dev), model=ClassifyConfig(encoder=RNN, max_words=3))
    found = TASK.check(examples(False, False), config)["issues"]
    assert found["dev labels never seen in train"]["first"] == [f"{dev}:3: maybe"]
    assert found["more than 3 tokens, cut off there"]["count"] == 3
    assert any("train" in name and "dev" in name and issue["count"] == 1 for name, issue in found.items())
