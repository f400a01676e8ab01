"""The codec law for nested entities: what is not given back is exactly what was declared lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig, RunConfig
from spanloom.core import Example, LostFact
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.encoders.transformer.config import TransformerConfig
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Span
from spanloom.tasks.nested import TASK
from spanloom.tasks.nested.codec import NestedCodec
from spanloom.tasks.nested.config import NestedConfig
from tests.tasks.sentences import Place, sentence, sentences

RNN = RnnConfig()
MANY = settings(max_examples=100, deadline=None, derandomize=True)
BOARD: list[Place] = [(0, 4, "Org"), (2, 4, "Org"), (3, 4, "Loc"), (5, 6, "Per")]
TRAINING = [sentence("Board of Port Bergen met Ann", BOARD), sentence("it rained", line=2)]
CROSSING = sentence("a b c", [(0, 2, "Org"), (1, 3, "Org")], line=3)


def fitted(examples: Sequence[Example], **chosen: Any) -> NestedCodec:
    return NestedCodec.fit(examples, NestedConfig(encoder=RNN, **chosen))


def given_back(codec: NestedCodec, examples: Sequence[Example]) -> list[Graph]:
    """What decoding perfect outputs gives, all examples in one padded batch."""
    batch = codec.collate([codec.encode(example) for example in examples])
    return codec.decode(codec.perfect(batch), batch)


def clash(one: Span, other: Span, flat: bool) -> bool:
    left, right = {*range(one.start, one.end)}, {*range(other.start, other.end)}
    return bool(left & right) and (flat or not (left <= right or right <= left))


@pytest.mark.parametrize("flat", [False, True])
@MANY
@given(st.lists(sentences(), min_size=1, max_size=4), st.lists(sentences(), min_size=1, max_size=4))
def test_what_is_not_given_back_is_exactly_what_was_declared_lost(
    flat: bool, training: list[Example], others: list[Example]
) -> None:
    training = [*training, sentence("x y", [(0, 1, "X"), (1, 2, "Y")])]
    codec = fitted(training, flat=flat)
    for example, graph in zip(others, given_back(codec, others), strict=True):
        gold = {*example.gold.spans, *example.gold.relations}
        assert set(graph.spans) <= gold
        lost = codec.encode(example).lost
        assert Counter(fact.label for fact in lost) == Counter(fact.label for fact in gold - set(graph.spans))
        assert not any(clash(*pair, flat) for pair in combinations(graph.spans, 2) if flat or not codec.crossing)


@pytest.mark.parametrize(
    ("spans", "settings", "expected"),
    [
        (BOARD, {}, []),
        (BOARD, {"flat": True}, [("Org", "c d", "overlapping"), ("Loc", "d", "overlapping")]),
        ([(0, 2, "Org"), (1, 4, "Per")], {}, [("Org", "a b", "crossing")]),
        ([(0, 2, "Org"), (0, 2, "Per")], {}, [("Per", "a b", "same place, two labels")]),
        ([(0, 2, "Org"), (0, 2, "Org")], {}, []),
        ([(0, 1, "Org"), (2, 4, "Per")], {"max_words": 3}, [("Per", "c d", "truncated")]),
    ],
)
def test_what_a_table_cannot_say(
    spans: list[Place], settings: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    row = fitted(TRAINING, **settings).encode(sentence("a b c d e f", spans))
    assert row.lost == tuple(LostFact("entity", label, text, cause) for label, text, cause in expected)


def test_spans_may_cross_where_training_had_some_that_do() -> None:
    assert not fitted(TRAINING).crossing
    codec = fitted([*TRAINING, CROSSING])
    assert codec.crossing
    assert set(given_back(codec, [CROSSING])[0].spans) == set(CROSSING.gold.spans)


def test_more_spans_than_can_be_meant_are_lost_and_said() -> None:
    """Of all 210 spans of 20 words a hundred are given back, the longest."""
    words = [f"w{number}" for number in range(20)]
    swarm = sentence(words, [(start, end, "Org") for start in range(20) for end in range(start + 1, 21)])
    codec = fitted([swarm, *TRAINING])
    row = codec.encode(swarm)
    assert Counter(fact.cause for fact in row.lost) == {"too many spans": 110}
    (graph,) = given_back(codec, [swarm])
    assert len(graph.spans) == 100
    assert min(span.end - span.start for span in graph.spans) == 7


def test_scores_are_probabilities_of_the_label_against_all_others_and_none() -> None:
    codec = fitted(TRAINING)
    batch = codec.collate([codec.encode(TRAINING[1])])
    scores = np.full((1, 2, 2, 3), -9.0, dtype=np.float32)
    scores[0, 0, 1] = [1.0, 2.0, -1.0]  # Loc, Org, Per
    ((span,),) = (graph.spans for graph in codec.decode({"spans": scores}, batch))
    assert (span.start, span.end, span.label) == (0, 2, "Org")
    assert span.score == pytest.approx(np.exp(2.0) / (1.0 + np.exp(1.0) + np.exp(2.0) + np.exp(-1.0)))


def test_a_table_grows_with_a_batch_and_its_longest_sentence() -> None:
    codec = fitted(TRAINING)
    batch = codec.collate([codec.encode(example) for example in TRAINING])
    assert batch.targets["spans"].shape == (2, 8, 8)
    assert batch.targets["spans"][0, 0, 3] == 1 + codec.labels.index("Org")
    assert batch.counts == {"spans": 8.0}


def test_a_label_never_trained_on_cites_its_line() -> None:
    odd = sentence("a b", [(0, 1, "Ship")], line=7)
    with pytest.raises(DataError, match=r"data\.jsonl:7: unknown entity label 'Ship'; .* \(Loc, Org, Per\)\. Correct"):
        fitted(TRAINING).encode(odd)


def test_data_without_any_entity_are_refused() -> None:
    with pytest.raises(DataError, match=r"data\.jsonl: no entity in any sentence"):
        fitted([sentence("it rained")])


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [("max_words", 0, "at least 1"), ("projection", 0, "at least 1"), ("reach", -1, "at least 0")],
)
def test_settings_out_of_range(key: str, value: int, expected: str) -> None:
    with pytest.raises(ConfigError, match=rf"model\.{key}: is {value}; {expected}, .* Set model.{key} = "):
        fitted(TRAINING, **{key: value})
    with pytest.raises(ConfigError, match=r"model\.dropout: is 1\.0; a part in 0\.\.1, below 1"):
        fitted(TRAINING, dropout=1.0)


def test_names_seen_in_training_survive_its_json() -> None:
    codec = NestedCodec.from_dict(json.loads(json.dumps(fitted(TRAINING).to_dict())), None)
    assert codec.seen("Bergen", "Loc")
    assert not codec.seen("Bergen", "Org")


def test_the_check_says_what_flat_tags_would_lose(tmp_path: Path) -> None:
    dev = tmp_path / "dev.iob2"
    dev.write_text("Bergen B-Town\n\nit O\nrained O\n", encoding="utf-8")
    config = RunConfig("nested", data=DataConfig(dev=dev), model=NestedConfig())
    found = TASK.check([*TRAINING, CROSSING], config)
    assert found["gold"]["nested_entities"] == 3
    assert found["gold"]["crossing_entities"] == 1
    assert found["gold"]["issues"]["dev labels never seen in train"]["first"] == [f"{dev}:1: entity label 'Town'"]
    table, flat = (found["audit"][name] for name in ("span table", "flat tags (BIO)"))
    assert (table["entities"]["recall"], table["lost"]) == (1.0, [])
    assert (flat["entities"]["correct"], flat["entities"]["gold"]) == (3, 6)
    (lost,) = flat["lost"]
    assert (lost["cause"], lost["count"], lost["labels"]) == ("overlapping", 3, {"Org": 2, "Loc": 1})
    assert lost["examples"][0] == {"source": "data.jsonl:1", "fact": "Port Bergen"}


def test_the_check_says_what_training_would_need(tmp_path: Path) -> None:
    def memory(words: int) -> int:
        spans = [(number, number + 1, f"L{number}") for number in range(12)]
        examples = [sentence([f"w{number}" for number in range(words)], spans)]
        found = TASK.check(examples, RunConfig("nested", model=NestedConfig(encoder=RNN)))["estimate"]
        assert (found["sentences"], found["longest_words"]) == (1, words)
        return int(found["memory_bytes"])

    small, middle, large = (memory(words) for words in (50, 100, 200))
    assert large - middle > 2.5 * (middle - small)  # 2 if it were linear
    missing = NestedConfig(encoder=TransformerConfig(path=tmp_path / "none"))
    assert "none" in TASK.check(TRAINING, RunConfig("nested", model=missing))["estimate"]["unavailable"]
