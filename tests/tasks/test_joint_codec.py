"""The codec law: decoding perfect outputs gives back the gold, or `encode` says exactly what was lost."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spanloom.answers.graph import Graph
from spanloom.core import Example, LostFact, Row
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.encoders.transformer.config import TransformerConfig
from spanloom.errors import CheckpointError, ConfigError, DataError
from spanloom.inputs import Relation, Span
from spanloom.tasks.joint.codec import JointCodec
from spanloom.tasks.joint.config import JointConfig
from tests.tasks.sentences import WORDS, sentence, sentences
from tests.text.tiny_tokenizer import tiny_tokenizer

Scheme = Literal["table", "tagging"]
SCHEMES: tuple[Scheme, ...] = ("table", "tagging")
RNN = RnnConfig()
MANY = settings(max_examples=100, deadline=None, derandomize=True)

TRAINING = [
    sentence("Ann met Bob in Rome", [(0, 1, "Per"), (2, 3, "Per"), (4, 5, "Loc")], [(0, "knows", 1), (0, "in", 2)]),
    sentence("New York City sleeps", [(0, 3, "Loc")], line=2),
    sentence("Bob left", [], line=3),
]


def fitted(examples: list[Example], scheme: Scheme, **settings: Any) -> JointCodec:
    return JointCodec.fit(examples, JointConfig(scheme=scheme, encoder=RNN, **settings))


def given_back(codec: JointCodec, examples: list[Example]) -> list[Graph]:
    """What decoding perfect outputs gives, all examples in one padded batch."""
    batch = codec.collate([codec.encode(example) for example in examples])
    return codec.decode(codec.perfect(batch), batch)


def ledger(facts: set[Any], example: Example) -> Counter[tuple[str, str, str]]:
    """Facts as a ledger of lost facts names them; every word of the random sentences is different."""
    text = example.input
    entities = [("entity", fact.label, text.surface(fact)) for fact in facts if isinstance(fact, Span)]
    relations = [
        ("relation", fact.label, f"{text.surface(fact.head)} -> {fact.label} -> {text.surface(fact.tail)}")
        for fact in facts
        if isinstance(fact, Relation)
    ]
    return Counter(entities + relations)


def all_facts(graph: Graph) -> set[Any]:
    return {*graph.spans, *graph.relations}


def overlapping(spans: tuple[Span, ...]) -> bool:
    words = [word for span in set(spans) for word in range(span.start, span.end)]
    return len(words) != len(set(words))


@st.composite
def training_and_dev(draw: st.DrawFn) -> tuple[list[Example], list[Example]]:
    """Training sentences, and others that use no label which training lacks."""
    training = draw(st.lists(sentences(), min_size=1, max_size=3))
    entities = sorted({span.label for example in training for span in example.gold.spans})
    relations = sorted({relation.label for example in training for relation in example.gold.relations})
    assume(entities)
    return training, draw(st.lists(sentences(entities, relations), max_size=2))


@pytest.mark.parametrize("scheme", SCHEMES)
@MANY
@given(data=training_and_dev(), max_words=st.sampled_from([3, 5, 200]))
def test_what_is_not_given_back_is_exactly_what_was_declared_lost(
    scheme: Scheme, data: tuple[list[Example], list[Example]], max_words: int
) -> None:
    codec = fitted(data[0], scheme, max_words=max_words)
    examples = [*data[0], *data[1]]
    for example, decoded in zip(examples, given_back(codec, examples), strict=True):
        declared = Counter((fact.kind, fact.label, fact.text) for fact in codec.encode(example).lost)
        missing = all_facts(example.gold) - all_facts(decoded)
        assert declared == ledger(missing, example)


@MANY
@given(data=training_and_dev())
def test_the_table_scheme_adds_nothing_but_mixtures_of_nested_spans(data: tuple[list[Example], list[Example]]) -> None:
    codec = fitted(data[0], "table")
    examples = [*data[0], *data[1]]
    for example, decoded in zip(examples, given_back(codec, examples), strict=True):
        assert set(decoded.spans) <= set(example.gold.spans)
        added = set(decoded.relations) - set(example.gold.relations)
        assert not added or overlapping(example.gold.spans)
        for relation in added:  # its first words and its last words are those of true relations
            twins = [gold for gold in example.gold.relations if gold.label == relation.label]
            firsts, lasts = ([_ends(item)[side] for item in twins] for side in (0, 1))
            assert _ends(relation)[0] in firsts
            assert _ends(relation)[1] in lasts


def _ends(relation: Relation) -> tuple[tuple[int, int], tuple[int, int]]:
    head, tail = relation.head, relation.tail
    return (head.start, tail.start), (head.end, tail.end)


@MANY
@given(data=training_and_dev())
def test_the_tagging_scheme_decodes_only_places_of_gold_arguments(data: tuple[list[Example], list[Example]]) -> None:
    codec = fitted(data[0], "tagging")
    examples = [*data[0], *data[1]]
    for example, decoded in zip(examples, given_back(codec, examples), strict=True):
        gold = {
            (fact.label, side.start, side.end) for fact in example.gold.relations for side in (fact.head, fact.tail)
        }
        for relation in decoded.relations:
            assert {(relation.label, side.start, side.end) for side in (relation.head, relation.tail)} <= gold
        paired = [span for relation in decoded.relations for span in (relation.head, relation.tail)]
        assert Counter(paired) == Counter(decoded.spans)  # each argument is in one pair, and no word in two


def causes(scheme: Scheme, example: Example, training: list[Example] | None = None) -> list[tuple[str, str, str]]:
    codec = fitted(training or [example], scheme)
    return sorted((fact.kind, fact.text, fact.cause) for fact in codec.encode(example).lost)


PAIR = [(0, 1, "X"), (2, 3, "X")]


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        (sentence("a b c", PAIR, [(0, "r", 1), (0, "s", 1), (1, "r", 0)]), []),  # overlapping triples, both directions
        (sentence("a b c", [(0, 3, "X"), (1, 2, "X")], [(0, "r", 1)]), []),  # nested
        (sentence("a b c", [*PAIR, PAIR[0]], [(0, "r", 1), (2, "r", 1)]), []),  # given twice
        (sentence("a b c", PAIR, [(0, "r", 0), (0, "r", 1)]), [("relation", "a -> r -> a", "self relation")]),
        (
            sentence("a b c", [(0, 1, "Y"), *PAIR], [(0, "r", 2), (1, "r", 2)]),
            [("entity", "a", "same place, two labels"), ("relation", "a -> r -> c", "its entity is lost")],
        ),
    ],
)
def test_what_the_table_scheme_cannot_say(example: Example, expected: list[tuple[str, str, str]]) -> None:
    assert causes("table", example) == expected


def test_a_table_model_of_flat_data_declares_overlapping_spans_and_new_signatures() -> None:
    training = [sentence("a b c", [(0, 1, "X"), (2, 3, "Y")], [(0, "r", 1)])]
    nested = sentence("a b c d", [(0, 1, "X"), (2, 3, "Y"), (0, 2, "X")], [(2, "r", 1)])
    assert causes("table", nested, training) == [
        ("entity", "a b", "overlapping"),
        ("relation", "a b -> r -> c", "its entity is lost"),
    ]
    backwards = sentence("a b c", [(0, 1, "X"), (2, 3, "Y")], [(1, "r", 0)])
    assert causes("table", backwards, training) == [("relation", "c -> r -> a", "entity labels new to it")]


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        (sentence("a b c", PAIR, [(1, "r", 0)]), []),
        (sentence("a b c d e", [(0, 2, "X"), (3, 5, "X")], [(0, "r", 1)]), []),
        (sentence("a b c", [*PAIR, (1, 2, "X")], [(0, "r", 1)]), [("entity", "b", "in no relation")]),
        (sentence("a b c", PAIR, [(0, "r", 1), (0, "s", 1)]), [("relation", "a -> s -> c", "same pair twice")]),
        (sentence("a b c", PAIR, [(0, "r", 1), (1, "r", 0)]), [("relation", "c -> r -> a", "same pair twice")]),
        (
            sentence("a b c", [*PAIR, (1, 2, "X")], [(0, "r", 1), (0, "s", 2)]),
            [("entity", "b", "in no relation that is kept"), ("relation", "a -> s -> b", "overlapping")],
        ),
        (
            sentence("a b c", PAIR, [(0, "r", 0)]),
            [
                ("entity", "a", "in no relation that is kept"),
                ("entity", "c", "in no relation"),
                ("relation", "a -> r -> a", "self relation"),
            ],
        ),
        (
            sentence("a b", [(0, 2, "X"), (1, 2, "X")], [(0, "r", 1)]),
            [
                ("entity", "a b", "in no relation that is kept"),
                ("entity", "b", "in no relation that is kept"),
                ("relation", "a b -> r -> b", "overlapping"),
            ],
        ),
        (  # a takes the nearer tail c, which was b's
            sentence("a b c d", [(at, at + 1, "X") for at in range(4)], [(0, "r", 3), (1, "r", 2)]),
            [("relation", "a -> r -> d", "crossing pairs"), ("relation", "b -> r -> c", "crossing pairs")],
        ),
    ],
)
def test_what_the_tagging_scheme_cannot_say(example: Example, expected: list[tuple[str, str, str]]) -> None:
    assert causes("tagging", example) == expected


def test_the_tagging_scheme_gives_an_argument_its_relations_usual_label() -> None:
    usual = [sentence("a b c", [(0, 1, "X"), (2, 3, "X")], [(0, "r", 1)]) for _ in range(2)]
    odd = sentence("a b c", [(0, 1, "Y"), (2, 3, "X")], [(0, "r", 1)])
    assert causes("tagging", odd, [odd, *usual]) == [
        ("entity", "a", "entity label"),
        ("relation", "a -> r -> c", "entity label"),
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_a_long_sentence_loses_is_declared(scheme: Scheme) -> None:
    spans = [(0, 1, "X"), (2, 3, "X"), (3, 6, "X")]
    before = LostFact("relation", "r", "p -> r -> q", "not located")
    example = sentence(WORDS[:6], spans, [(0, "r", 1), (1, "s", 2)], lost=[before])
    row = fitted([example], scheme, max_words=4).encode(example)
    assert row.width == 4
    assert row.cut == {"words": 2}
    assert row.inputs["words"].shape == (4,)
    assert before in row.lost
    assert [fact.text for fact in row.lost if fact.cause == "truncated"] == [
        "delta epsilon zeta",
        "gamma -> s -> delta epsilon zeta",
    ]


def test_only_labels_that_training_related_may_relate() -> None:
    codec = fitted([sentence("a b c", [(0, 1, "X"), (1, 2, "Y"), (2, 3, "Z")], [(0, "r", 1)])], "table")
    pairs = [(head, tail) for head in "XYZ" for tail in "XYZ" if codec.may_relate(head, tail)]
    assert pairs == [("X", "Y")]


def test_texts_and_relations_run_through_as_many_sentences_as_most_do_in_training() -> None:
    near = sentence("a b . c .", [(0, 1, "X"), (1, 2, "X")], [(0, "r", 1)])
    across = sentence("a b . c . d", [(0, 1, "X"), (5, 6, "X")], [(1, "r", 0)])
    stray = fitted([near] * 60 + [across], "table")
    assert (stray.max_sentences, stray.spread) == (2, 1)
    usual = fitted([near] * 6 + [across], "table")
    assert (usual.max_sentences, usual.spread) == (3, 3)


def test_a_codec_from_before_relations_were_measured_looks_inside_sentences() -> None:
    codec = fitted(TRAINING, "table")
    table = {key: value for key, value in codec.to_dict().items() if key != "spread"}
    assert JointCodec.from_dict(table, codec.tokenizer_json()).spread == 1


def test_what_decoding_drops_is_said_by_the_answer() -> None:
    codec = fitted(TRAINING, "table")
    size = 15
    counts = {"spans": len(codec.labels.entities)} | dict.fromkeys(("heads", "tails"), len(codec.labels.relations))
    tables = {name: np.ones((1, count, size, size), np.float32) for name, count in counts.items()}
    [graph] = codec.scheme.decode(tables, np.array([size]))
    assert graph.dropped >= size * (size + 1) // 2 - 100


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_unknown_label_at_evaluation_cites_its_line(scheme: Scheme) -> None:
    codec = fitted(TRAINING, scheme)
    relation = sentence("Ann met Bob", [(0, 1, "Per"), (2, 3, "Per")], [(0, "likes", 1)], line=7)
    with pytest.raises(DataError, match=r"data\.jsonl:7: unknown relation 'likes'; .*\(in, knows\)"):
        codec.encode(relation)
    entity = sentence("Ann", [(0, 1, "per")], line=8)
    with pytest.raises(DataError, match=r"data\.jsonl:8: unknown entity label 'per'; .*\(Loc, Per\)"):
        codec.encode(entity)


def test_data_without_any_entity_are_refused() -> None:
    with pytest.raises(DataError, match=r"data\.jsonl: no entity in any sentence"):
        fitted([TRAINING[2]], "table")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_codec_comes_back_from_its_dict(scheme: Scheme) -> None:
    codec = fitted(TRAINING, scheme, max_words=4, alpha=3.0)
    again = JointCodec.from_dict(json.loads(json.dumps(codec.to_dict())), codec.tokenizer_json())
    assert again.to_dict() == codec.to_dict()
    assert again.limits() == codec.limits()
    assert (again.max_words, again.alpha) == (4, 3.0)
    for example in TRAINING:
        same_row(again.encode(example), codec.encode(example))
    assert given_back(again, TRAINING) == given_back(codec, TRAINING)


def same_row(found: Row, wanted: Row) -> None:
    assert (found.length, found.width, found.lost) == (wanted.length, wanted.width, wanted.lost)
    for arrays, others in ((found.inputs, wanted.inputs), (found.targets, wanted.targets)):
        assert arrays.keys() == others.keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, others[name], strict=True)


def test_nothing_recalled_is_no_axis_of_size_one_in_a_batch() -> None:
    """The exporter takes such an axis for a constant, and the graph then fails on the first sentence that recalls."""
    codec = fitted(TRAINING, "table")
    row = codec.encode(sentence("nobody known", line=9))
    assert codec.collate([row]).inputs["recalled"].shape == (1, 1)
    batch = codec.collate([row, row])
    assert (batch.inputs["recalled"].shape, batch.inputs["recalled_at"].shape) == ((2, 2), (2, 2, 4))
    assert not batch.inputs["recalled"].any()
    letters = codec.encode(sentence("a b", line=9))
    assert codec.collate([letters, letters]).inputs["characters"].shape[2] == 2


def test_pairs_seen_in_training_are_remembered_in_any_case() -> None:
    codec = fitted(TRAINING, "table")
    again = JointCodec.from_dict(codec.to_dict(), None)
    for known in (codec, again):
        assert known.seen("Ann", "Rome")
        assert known.seen("ANN", "bob")
        assert not known.seen("Rome", "Ann")  # the other way round
        assert not known.seen("Bob", "Rome")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_row_without_gold_has_inputs_alone(scheme: Scheme) -> None:
    codec = fitted(TRAINING, scheme)
    bare = replace(TRAINING[0], gold=None)
    row = codec.encode(bare)
    assert row.targets == {}
    assert row.lost == ()
    annotated = codec.encode(TRAINING[0])
    same_row(replace(row, targets=annotated.targets, lost=annotated.lost), annotated)
    assert codec.collate([row, codec.encode(replace(TRAINING[1], gold=None))]).targets == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_batch_is_padded_in_steps_and_counts_its_items(scheme: Scheme) -> None:
    codec = fitted(TRAINING, scheme)
    batch = codec.collate([codec.encode(example) for example in TRAINING])
    assert batch.inputs["lengths"].tolist() == [5, 4, 2]
    assert {batch.inputs[name].shape for name in ("words", "shapes")} == {(3, 8)}
    weights = batch.targets["weights"]
    assert (weights > 0).sum(axis=1).tolist() == [5, 4, 2]
    assert batch.counts["tags"] == 11.0
    if scheme == "table":
        assert batch.counts == {"tags": 11.0, "spans": 3.0, "relations": 3.0}
        assert batch.targets["spans"].shape == (3, 2, 8, 8)
        assert batch.targets["heads"].shape == batch.targets["tails"].shape == (3, 2, 8, 8)
    else:
        assert set(np.unique(weights)) == {0.0, 1.0, 10.0}
        assert (weights == 10.0).sum() == 2  # of the two triples of the first sentence one is said: two words


@pytest.mark.parametrize("scheme", SCHEMES)
def test_all_numbers_stay_below_their_limits(scheme: Scheme) -> None:
    codec = fitted(TRAINING, scheme)
    other = sentence("Ünknown 北 Rome", [(2, 3, "Loc")])
    for example in [*TRAINING, other]:
        row = codec.encode(example)
        for name, limit in codec.limits().items():
            array = (row.inputs | row.targets)[name]
            assert array.min(initial=0) >= 0
            assert array.max(initial=0) < limit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tokenizer.json").write_text(tiny_tokenizer(), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_law_holds_over_wordpieces_too(folder: Path, scheme: Scheme) -> None:
    config = JointConfig(scheme=scheme, encoder=TransformerConfig(path=folder))
    example = sentence("abcde z \u200b cab", [(0, 1, "X"), (3, 4, "X")], [(0, "r", 1)])
    codec = JointCodec.fit([example], config)
    row = codec.encode(example)
    assert (row.width, row.length) == (4, int(row.inputs["piece_lengths"]))
    assert row.length == len(row.inputs["pieces"]) > 6
    batch = codec.collate([row])
    assert batch.inputs["pieces"].shape == (1, row.length)  # alone, it is not padded
    assert codec.decode(codec.perfect(batch), batch) == [example.gold]
    assert codec.collate([row, row]).inputs["pieces"].shape == (2, 16)
    again = JointCodec.from_dict(json.loads(json.dumps(codec.to_dict())), codec.tokenizer_json())
    same_row(again.encode(example), row)


def test_more_words_than_the_encoder_holds_are_refused(folder: Path) -> None:
    encoder = TransformerConfig(path=folder)
    with pytest.raises(ConfigError, match=r"model\.max_words: 511; at most 510 with this encoder"):
        JointCodec.fit(TRAINING, JointConfig(max_words=511, encoder=encoder))
    with pytest.raises(CheckpointError, match=r"nowhere: no such folder"):
        JointCodec.fit(TRAINING, JointConfig(encoder=replace(encoder, path=folder / "nowhere")))


def test_words_of_a_vector_file_join_the_vocabulary(tmp_path: Path) -> None:
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("rome 1 2\nparis 3 4\nlyon 5 6\n", encoding="utf-8")
    config = JointConfig(encoder=replace(RNN, vectors=vectors, vocabulary=2))
    codec = JointCodec.fit(TRAINING, config)
    words = codec.features.to_dict()["words"]
    assert words[:2] == ["rome", "paris"]
    assert "lyon" not in words
    assert codec.encode(TRAINING[0]).inputs["words"][4] == 2


def test_what_is_shipped_remembers_names_only_to_recall_them() -> None:
    for recall in (True, False):
        codec = fitted(TRAINING, "table", recall=recall)
        assert codec.seen is not None
        shipped = codec.shipped()
        assert ("memory" in shipped.to_dict()) is recall
        again = JointCodec.from_dict(shipped.to_dict(), None)
        assert (again.seen is not None) is recall
        assert again.to_dict() == shipped.to_dict()
        assert codec.to_dict()["memory"]
    damaged = {key: value for key, value in fitted(TRAINING, "table", recall=True).to_dict().items() if key != "memory"}
    with pytest.raises(ValueError, match="memory"):
        JointCodec.from_dict(damaged, None)
