"""The CRF to read against finite differences, and against the fast one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from from_scratch.crf import Chain, backward, best_path, forward, gradients, log_sum_exp, main, negative_log_likelihood
from from_scratch.finite_difference import gradient
from spanloom.decode.viterbi import marginals, viterbi
from spanloom.nn.heads.crf import LinearChainCRF

PATHS = [np.array([1, 1, 0, 2, 1, 1]), np.array([2])]


def drawn(length: int) -> Chain:
    generator = np.random.default_rng(length)
    return Chain(*(generator.normal(size=shape) for shape in ((length, 3), (3, 3), 3, 3)))


@pytest.mark.parametrize("path", PATHS, ids=len)
def test_gradients_agree_with_finite_differences(path: np.ndarray) -> None:
    chain = drawn(len(path))
    for mine, array in zip(gradients(chain, path), chain, strict=True):
        tried = gradient(lambda: negative_log_likelihood(chain, path), array)
        assert np.abs(mine - tried).max() <= 1e-6 * max(1.0, np.abs(tried).max())


@pytest.mark.parametrize("path", PATHS, ids=len)
def test_the_fast_one_gives_the_same(path: np.ndarray) -> None:
    chain = drawn(len(path))
    model = LinearChainCRF(3).double()
    with torch.no_grad():
        for parameter, values in zip((model.transitions, model.start, model.end), chain[1:], strict=True):
            parameter.copy_(torch.from_numpy(values))
    emissions = torch.from_numpy(chain.emissions[None]).requires_grad_()
    loss = model.nll(emissions, torch.from_numpy(path[None]), torch.tensor([len(path)]))
    assert loss.item() == pytest.approx(negative_log_likelihood(chain, path), rel=1e-12)
    found = torch.autograd.grad(loss.sum(), [emissions, model.transitions, model.start, model.end])
    for theirs, mine in zip(found, gradients(chain, path), strict=True):
        assert theirs.squeeze(0).numpy() == pytest.approx(mine, abs=1e-12)


def test_decoding_and_marginals_are_the_same() -> None:
    chain = drawn(6)
    batch = (chain.emissions[None], *chain[1:], np.array([6]))
    assert viterbi(*batch)[0][0].tolist() == best_path(chain).tolist()
    total = log_sum_exp(forward(chain)[-1] + chain.end, axis=0)
    assert marginals(*batch)[0] == pytest.approx(np.exp(forward(chain) + backward(chain) - total), abs=1e-12)


def test_forward_and_backward_meet_at_every_word() -> None:
    chain = drawn(6)
    totals = log_sum_exp(forward(chain) + backward(chain), axis=1)
    assert totals == pytest.approx(np.full(6, totals[0]))


def test_the_example_learns_from_its_neighbours(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    printed = capsys.readouterr().out.splitlines()
    assert printed[-2] == "they/pronoun  may/modal  go/verb  in/preposition  may/month"
    assert printed[-1] == "we/pronoun  may/modal  sing/verb"
