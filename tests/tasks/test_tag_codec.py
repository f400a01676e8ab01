"""The codec law, and that no answer ever breaks its scheme."""

from __future__ import annotations

import json
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanloom.answers.tags import Tags
from spanloom.core import Arrays, Batch, Example, LostFact
from spanloom.decode.tags import SCORES
from spanloom.decode.viterbi import marginals
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.errors import ConfigError, DataError
from spanloom.tasks.tag import TASK
from spanloom.tasks.tag.codec import TagCodec
from spanloom.tasks.tag.config import TagConfig
from spanloom.text.tags import illegal
from spanloom.text.tagset import Tagset
from tests.tasks.tagged import tagged, tagged_sentences, with_spans

RNN = RnnConfig()
MANY = settings(max_examples=100, deadline=None, derandomize=True)
Head = Literal["crf", "softmax"]
Scheme = Literal["bio2", "bioes"]

TRAINING = [
    with_spans("Ann met Bob in New York", [(0, 1, "Per"), (2, 3, "Per"), (4, 6, "Loc")]),
    with_spans("Bob left", [(0, 1, "Per")], line=2),
    with_spans("New York City sleeps", [(0, 3, "Loc")], line=3),
]
SPEECH = [tagged("she runs .", "PRON VERB PUNCT"), tagged("runs end", "NOUN VERB", line=2)]
WORDS = [tagged("a b c", "B-word I-word B-word"), tagged("c", "B-word", line=2)]


def fitted(examples: list[Example], **chosen: Any) -> TagCodec:
    return TagCodec.fit(examples, TagConfig(encoder=RNN, **chosen))


def given_back(codec: TagCodec, examples: list[Example]) -> list[Tags]:
    """What decoding perfect outputs gives, all examples in one padded batch."""
    batch = codec.collate([codec.encode(example) for example in examples])
    return codec.decode(codec.perfect(batch), batch)


def drawn_outputs(codec: TagCodec, batch: Batch, seed: int) -> Arrays:
    """What any model might give: random emissions, and for a CRF random scores that keep to the rules."""
    generator = np.random.default_rng(seed)
    size = len(codec.tagset.tags)
    emissions = 4 * generator.normal(size=(*batch.inputs["words"].shape, size)).astype(np.float32)
    rules = [rule + generator.normal(size=rule.shape).astype(np.float32) for rule in codec.tagset.rules()]
    return {"emissions": emissions} | (dict(zip(SCORES, rules, strict=True)) if codec.loss is None else {})


@pytest.mark.parametrize("head", ["crf", "softmax"])
@pytest.mark.parametrize("scheme", ["bio2", "bioes"])
@MANY
@given(
    examples=st.lists(tagged_sentences(), min_size=1, max_size=4).filter(
        lambda some: any(set(example.gold.labels) != {"O"} for example in some)
    ),
    max_words=st.sampled_from([1, 3, 5, 200]),
)
def test_what_is_not_given_back_is_exactly_what_was_declared_lost(
    head: Head, scheme: Scheme, examples: list[Example], max_words: int
) -> None:
    codec = fitted(examples, head=head, scheme=scheme, max_words=max_words)
    for example, answer in zip(examples, given_back(codec, examples), strict=True):
        lost = codec.encode(example).lost
        assert answer.labels == example.gold.labels[:max_words]
        assert not illegal(answer.labels, "bio2")
        cut = [label for label in example.gold.labels[max_words:] if label.startswith("B-")]
        crossing = example.gold.labels[max_words : max_words + 1]
        cut += [label for label in crossing if label.startswith("I-")]
        assert sorted(fact.label for fact in lost) == sorted(label[2:] for label in cut)
        assert {(fact.kind, fact.cause) for fact in lost} <= {("entity", "truncated")}


def test_what_a_cut_loses_is_named() -> None:
    codec = fitted(TRAINING, max_words=5)
    row = codec.encode(TRAINING[0])
    assert row.lost == (LostFact("entity", "Loc", "New York", "truncated"),)
    assert row.cut == {"words": len(TRAINING[0].input.tokens) - 5}
    assert fitted(TRAINING).encode(TRAINING[0]).cut == {}
    speech = fitted(SPEECH, max_words=1)
    assert speech.encode(SPEECH[0]).lost == (
        LostFact("tag", "VERB", "runs", "truncated"),
        LostFact("tag", "PUNCT", ".", "truncated"),
    )


@pytest.mark.parametrize("head", ["crf", "softmax"])
@pytest.mark.parametrize("scheme", ["bio2", "bioes"])
@pytest.mark.parametrize("training", [TRAINING, WORDS])
def test_no_answer_breaks_its_scheme(head: Head, scheme: Scheme, training: list[Example]) -> None:
    codec = fitted(training, head=head, scheme=scheme)
    rows = [codec.encode(example) for example in training]
    batch = codec.collate(rows)
    for seed in range(30):
        outputs = drawn_outputs(codec, batch, seed)
        for row, answer in enumerate(codec.decode(outputs, batch)):
            assert not illegal(answer.labels, "bio2")
            assert len(answer.labels) == rows[row].width
            assert ("O" in answer.labels) <= (training is TRAINING)
            alone = codec.collate([rows[row]])
            width = alone.inputs["words"].shape[1]
            single = outputs | {"emissions": outputs["emissions"][row : row + 1, :width]}
            assert codec.decode(single, alone) == [answer]


def test_plain_labels_stay_as_they_are() -> None:
    codec = fitted(SPEECH)
    assert codec.tagset.tags == codec.tagset.labels == ("NOUN", "PRON", "PUNCT", "VERB")
    assert given_back(codec, SPEECH) == [example.gold for example in SPEECH]
    assert all((rule == 0).all() for rule in codec.tagset.rules())


def test_tags_of_a_model_in_bioes_by_hand() -> None:
    codec = fitted(TRAINING)
    assert codec.tagset.tags == ("O", *(f"{place}-{name}" for name in ("Loc", "Per") for place in "BIES"))
    numbers = codec.encode(TRAINING[2]).targets["tags"].tolist()
    assert [codec.tagset.tags[number] for number in numbers] == ["B-Loc", "I-Loc", "E-Loc", "O"]
    assert fitted(WORDS).tagset.tags == ("B-word", "I-word", "E-word", "S-word")


def test_a_confidence_is_the_marginal_of_a_crf_and_the_probability_of_a_softmax() -> None:
    for head in ("crf", "softmax"):
        codec = fitted(TRAINING, head=head)
        batch = codec.collate([codec.encode(example) for example in TRAINING])
        outputs = drawn_outputs(codec, batch, 5)
        emissions, lengths = outputs["emissions"], batch.inputs["lengths"]
        if head == "crf":
            expected = marginals(emissions, *(outputs[name] for name in SCORES), lengths)
        else:
            exponentials = np.exp(emissions.astype(np.float64))
            expected = list(exponentials / exponentials.sum(axis=2, keepdims=True))
        for answer, table in zip(codec.decode(outputs, batch), expected, strict=True):
            assert answer.scores is not None
            for label, score, row in zip(answer.labels, answer.scores, table, strict=False):
                same = [p for other, p in zip(codec.tagset.labels, row, strict=True) if other == label]
                assert any(score == pytest.approx(p, rel=1e-5) for p in same)
        quiet = fitted(TRAINING, head=head, confidence=False)
        assert all(answer.scores is None for answer in quiet.decode(outputs, batch))
        assert quiet.decode(outputs, batch) == codec.decode(outputs, batch)


@pytest.mark.parametrize("chosen", [{}, {"head": "softmax", "class_weights": "balanced", "focal_gamma": 2.0}])
@pytest.mark.parametrize("training", [TRAINING, SPEECH, WORDS])
def test_a_codec_comes_back_from_json(training: list[Example], chosen: dict[str, Any]) -> None:
    codec = fitted(training, **chosen)
    again = TagCodec.from_dict(json.loads(json.dumps(codec.to_dict())), None)
    assert again.to_dict() == codec.to_dict()
    batch, other = (some.collate([some.encode(example) for example in training]) for some in (codec, again))
    for name, array in batch.targets.items():
        np.testing.assert_array_equal(array, other.targets[name], strict=True)


def test_it_remembers_words_and_names_by_their_label() -> None:
    seen = fitted(TRAINING).seen
    assert seen("Bob")
    assert seen("New York", "Loc")
    assert not seen("New York", "Per")
    assert not seen("New York")
    assert not seen("York", "Loc")
    assert not seen("bob")


@pytest.mark.parametrize(
    ("training", "labels", "message"),
    [
        (TRAINING, "B-Org", r"^data\.conll:7: unknown label 'Org'; one that the model was trained on \(Loc, Per\)"),
        (SPEECH, "ADJ", r"^data\.conll:7: unknown label 'ADJ'; .*\(NOUN, PRON, PUNCT, VERB\)"),
        (WORDS, "O", r"^data\.conll:7: unknown label 'O'"),
    ],
)
def test_a_label_that_training_never_had_is_refused(training: list[Example], labels: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fitted(training).encode(tagged("word", labels, line=7))


def test_data_without_any_label_is_refused() -> None:
    with pytest.raises(DataError, match=r"data\.conll: no label but O on any token"):
        fitted([tagged("a b", "O O")])


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"max_words": 0}, r"model\.max_words: is 0; at least 1"),
        ({"dropout": 1.0}, r"model\.dropout: is 1\.0"),
        ({"head": "softmax", "focal_gamma": -1.0}, r"model\.focal_gamma: is -1\.0; at least 0"),
        ({"head": "softmax", "label_smoothing": 1.0}, r"model\.label_smoothing: is 1\.0"),
        ({"focal_gamma": 2.0}, r"model\.focal_gamma: is 2\.0, but a CRF is trained by its likelihood alone"),
        ({"class_weights": "balanced"}, r"model\.class_weights: is 'balanced', but a CRF .*model\.head = 'softmax'"),
    ],
)
def test_settings_that_mean_nothing_are_refused(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        fitted(TRAINING, **chosen)


def test_balanced_weights_let_all_tags_weigh_the_same_and_a_token_one_on_average() -> None:
    examples = [tagged("a b c d", "X X X Y")]
    weights = Tagset.fit([example.gold.labels for example in examples], "bioes", "data").balanced(
        [examples[0].gold.labels]
    )
    assert weights == pytest.approx([4 / (2 * 3), 4 / 2])


def test_a_tag_of_the_scheme_that_stands_nowhere_weighs_one() -> None:
    tagset, labels = (
        Tagset.fit([example.gold.labels for example in TRAINING], "bioes", "data"),
        [example.gold.labels for example in TRAINING],
    )
    weights = tagset.balanced(labels)
    numbers = np.concatenate([tagset.encode(some) for some in labels])
    assert np.mean([weights[number] for number in numbers]) == pytest.approx(1.0)
    absent = [tagset.tags[number] for number in range(len(weights)) if number not in numbers]
    assert absent == ["S-Loc", "B-Per", "I-Per", "E-Per"]
    assert [weights[tagset.tags.index(tag)] for tag in absent] == [1.0] * 4


def test_windows_are_cut_where_training_sentences_end() -> None:
    assert fitted(TRAINING).max_sentences == 1
    assert fitted([tagged("a . b .", "X Y X Y")]).max_sentences == 2


def test_two_texts_together_are_refused() -> None:
    codec = fitted(TRAINING)
    assert [token.text for token in TASK.prepare("Bob left.", codec).tokens] == ["Bob", "left", "."]
    with pytest.raises(DataError, match="2 texts together; one text"):
        TASK.prepare(("one", "two"), codec)
