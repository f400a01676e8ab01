"""Faults that were once put in by hand and that no test saw: each is the reason for one of these."""

from __future__ import annotations

import math
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from spanloom.batch.buckets import Capacity, batches
from spanloom.batch.samplers import build_sampler
from spanloom.core import Row
from spanloom.encoders.parts.modules.pretrained import make_transformer
from spanloom.encoders.parts.modules.transformer import Transformer
from spanloom.engine.average import WeightAverage
from spanloom.metrics.measures import paired_test
from spanloom.metrics.significance import paired_bootstrap, paired_result
from tests.choices import train_config

SAMPLERS = ("buckets", "sequential", "shuffled", "breakpoints", "kmeans", "windows")


# ---- the mixture of an encoder's layers starts at the last one -------------------------------------------------------


def test_the_mixture_of_layers_starts_from_the_last_one() -> None:
    """Of three layers above the embeddings the last weighs e times as much as each of the others."""
    sizes = {"hidden_size": 4, "num_hidden_layers": 3, "num_attention_heads": 1, "intermediate_size": 4}
    encoder = Transformer(make_transformer({"model_type": "bert", "vocab_size": 9, **sizes}), "mean", True, False)
    layers = tuple(torch.eye(4)[number].reshape(1, 1, 4) for number in range(4))  # each [B, P, H], its own number set
    weights = encoder._mix(SimpleNamespace(hidden_states=layers))[0, 0].tolist()
    other = 1 / (3 + math.e)
    assert weights == pytest.approx([other, other, other, math.e * other])


# ---- the weight average is warmed up ---------------------------------------------------------------------------------


def test_the_average_is_warmed_up_from_the_first_update() -> None:
    """The random start weighs a tenth after one update, 1/55 after two: 1/10, then 1/10 of 2/11."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 1.0)  # the start
    average = WeightAverage(model, 0.99)
    nn.init.zeros_(model.weight)  # what is learnt, so that what is left is the share of the start
    expected = Fraction(1)
    for step in range(12):
        average.update(step)
        expected *= Fraction(1 + step, 10 + step)
        assert average.weights["weight"].item() == pytest.approx(float(expected), rel=1e-5)
        if step < 2:
            assert expected == (Fraction(1, 10), Fraction(1, 55))[step]


def test_the_warm_up_ends_at_the_decay() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 1.0)
    average = WeightAverage(model, 0.5)
    nn.init.zeros_(model.weight)
    average.update(7)  # 8 / 17 is below a half
    assert average.weights["weight"].item() == pytest.approx(8 / 17)
    average.update(9)  # 10 / 19 is above it
    assert average.weights["weight"].item() == pytest.approx(8 / 17 / 2)


# ---- no test of chance says never ------------------------------------------------------------------------------------


@pytest.mark.parametrize("samples", [1, 9, 200])
def test_p_is_never_0(samples: int) -> None:
    """One model has every fact, the other none: no resampling comes as far, and p is one of all, itself counted."""
    none, all_ = np.tile([0, 1, 1], (30, 1)), np.tile([1, 1, 1], (30, 1))
    assert paired_bootstrap(none, all_, samples)["p_value"] == 1 / (1 + samples)
    assert paired_result(0.0, 1.0, np.ones(samples))["p_value"] == 1 / (1 + samples)


def test_p_is_never_0_for_any_measure() -> None:
    wrong, right = np.tile([0.0, 1.0], (30, 1)), np.tile([1.0, 1.0], (30, 1))
    assert paired_test(wrong, right, "mean", 99)["p_value"] == 1 / 100


# ---- a budget that is exactly full -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_batch_may_fill_its_tokens_to_the_last(shuffle: bool) -> None:
    assert [len(batch) for batch in batches([5] * 4, 0, 0, Capacity(8, 20), shuffle)] == [4]
    assert sorted(len(batch) for batch in batches([5] * 4, 0, 0, Capacity(8, 19), shuffle)) == [1, 3]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_fills_the_budget_to_the_last(sampler: str) -> None:
    rows = [Row({}, {}, 5, 5) for _ in range(8)]
    settings = train_config(sampler=sampler, batch_size=64, batch_tokens=20)
    assert [len(batch) for batch in build_sampler(rows, settings, 0)(1)] == [4, 4]


def test_a_row_as_long_as_the_whole_budget_is_alone() -> None:
    assert [batch.tolist() for batch in batches([20, 1], 0, 0, Capacity(8, 20), shuffle=False)] == [[1], [0]]
