"""The smallest network against finite differences, and step by step beside its torch twin."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from from_scratch.finite_difference import gradient
from from_scratch.mlp import Weights, forward, gradients, initial, loss, main, step, train


def batch(size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    inputs = np.random.default_rng(seed).uniform(-1.0, 1.0, size=(size, 2))
    return inputs, inputs.sum(axis=1, keepdims=True)


def test_gradients_agree_with_finite_differences() -> None:
    weights, (inputs, targets) = initial(5, seed=3), batch(7)
    for mine, array in zip(gradients(weights, inputs, targets), weights, strict=True):
        tried = gradient(lambda: loss(weights, inputs, targets), array)
        assert np.abs(mine - tried).max() <= 1e-6 * max(1.0, np.abs(tried).max())


def test_every_step_is_that_of_its_torch_twin() -> None:
    weights = initial(5, seed=0)
    twin = torch.nn.Sequential(torch.nn.Linear(2, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1)).double()
    copies = [twin[0].weight, twin[0].bias, twin[2].weight, twin[2].bias]
    with torch.no_grad():
        for copy, weight in zip(copies, weights, strict=True):
            copy.copy_(torch.from_numpy(weight.T))
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.1)
    for number in range(50):
        inputs, targets = batch(10, seed=number)
        mistake = torch.nn.functional.mse_loss(twin(torch.from_numpy(inputs)), torch.from_numpy(targets))
        assert loss(weights, inputs, targets) == pytest.approx(mistake.item(), rel=1e-10)
        optimizer.zero_grad()
        mistake.backward()
        optimizer.step()
        step(weights, inputs, targets, rate=0.1)
        for copy, weight in zip(copies, weights, strict=True):
            np.testing.assert_allclose(weight.T, copy.detach().numpy(), rtol=0, atol=1e-10)


def test_it_learns_to_add_numbers_that_it_never_saw() -> None:
    weights = initial(5, seed=0)
    mistakes = list(train(weights, *batch(200), epochs=200, batch=10, rate=0.1, seed=1))
    assert mistakes[-1] < mistakes[0] / 20
    inputs, targets = batch(100, seed=9)
    _, answers = forward(weights, inputs)
    assert np.abs(answers - targets).mean() < 0.05


def test_an_empty_network_has_a_loss_worked_by_hand() -> None:
    weights = Weights(np.zeros((2, 5)), np.zeros(5), np.zeros((5, 1)), np.array([1.0]))
    inputs, targets = np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[3.0], [1.0]])
    assert loss(weights, inputs, targets) == 2.0  # ((1 - 3)^2 + (1 - 1)^2) / 2
    np.testing.assert_array_equal(gradients(weights, inputs, targets).output_bias, [-2.0])


def test_run_by_itself_it_prints_sums(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    printed = capsys.readouterr().out
    assert "before    mean squared mistake" in printed
    assert "+0.25 and +0.50 make +0.7" in printed
