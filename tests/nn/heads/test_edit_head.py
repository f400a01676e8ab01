"""The losses of edits beside a plain computation in Python, and their gradient beside finite differences."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from spanloom.nn.heads.edits import EditTable, edit_losses, insertion_log_p

# "a b | c d e |" is read as: two words and a mark of context, three words and a mark of the utterance; the first row of
# the batch inserts "a" (which stands twice) and "a b", the second nothing.
TURNS = torch.tensor([[3, 3, 3, 2, 2, 1, 1, 1], [2, 2, 1, 1, 0, 0, 0, 0]])
MARKS = torch.tensor([[0, 0, 1, 0, 1, 0, 0, 1], [0, 1, 0, 1, 0, 0, 0, 0]])
TARGETS = {
    "turns": TURNS,
    "marks": MARKS,
    "insertions": torch.tensor(
        [[[0, 5, 3, 3], [0, 5, 0, 0], [1, 7, 0, 1]], [[-1, -1, -1, -1], [-1, -1, -1, -1], [-1, -1, -1, -1]]]
    ),
    "chosen": torch.tensor([[5, 7], [-1, -1]]),
    "deleted": torch.tensor([[0, 0, 0, 0, 0, 1, 0, 0], [0] * 8]),
}


def outputs(seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = {"none": (2, 2), "starts": (2, 2, 8, 8), "ends": (2, 2, 8, 8), "spans": (2, 8, 8)}
    shapes |= {"deleted": (2, 8), "instead": (2, 8, 8)}
    return {name: torch.randn(*shape, generator=generator) for name, shape in shapes.items()}


def softmax(chosen: float, others: list[float]) -> float:
    return math.exp(chosen) / sum(math.exp(other) for other in others)


def test_places_of_one_text_share_their_probability() -> None:
    found = outputs()
    context, places = [0, 1, 3], [5, 6, 7]

    def start(number: int, place: int, first: int) -> float:
        cells = [float(found["starts"][0, number, p, c]) for p in places for c in context]
        return softmax(float(found["starts"][0, number, place, first]), [float(found["none"][0, number]), *cells])

    def end(number: int, place: int, first: int, last: int, allowed: list[int]) -> float:
        logits = {
            other: float(found["ends"][0, number, place, other] + found["spans"][0, first, other]) for other in allowed
        }
        return softmax(logits[last], list(logits.values()))

    log_p = insertion_log_p(found, TARGETS)
    one = start(0, 5, 3) * end(0, 5, 3, 3, [3]) + start(0, 5, 0) * end(0, 5, 0, 0, [0, 1])
    assert math.isclose(float(log_p[0, 0]), math.log(one), rel_tol=1e-5)
    two = start(1, 7, 0) * end(1, 7, 0, 1, [0, 1])
    assert math.isclose(float(log_p[0, 1]), math.log(two), rel_tol=1e-5)
    cells = [float(found["starts"][1, 0, place, 0]) for place in (2, 3)]
    none = float(found["none"][1, 0])
    assert math.isclose(float(log_p[1, 0]), math.log(softmax(none, [none, *cells])), rel_tol=1e-5)


def test_deletions_depend_on_the_places_of_the_insertions() -> None:
    found = outputs()
    total = 0.0
    for row, token, gone in ((0, 5, True), (0, 6, False), (1, 2, False)):
        logit = float(found["deleted"][row, token])
        logit += float(found["instead"][row, 5, token] + found["instead"][row, 7, token]) if row == 0 else 0.0
        total += math.log1p(math.exp(-logit if gone else logit))
    losses = edit_losses(found, TARGETS)
    assert math.isclose(float(losses["deletions"]), total, rel_tol=1e-5)
    assert math.isclose(float(losses["insertions"]), -float(insertion_log_p(found, TARGETS).sum()), rel_tol=1e-6)


def test_what_makes_no_sense_takes_no_part() -> None:
    """Marks, padding, and spans from one turn to another."""
    wild = outputs()
    for name in ("starts", "ends"):
        wild[name][0, :, :5], wild[name][1, :, :2], wild[name][..., 5:] = 50.0, 50.0, 50.0
        wild[name][0, :, :, [2, 4]] = 50.0
    wild["starts"][1, :, 4:] = wild["starts"][1, :, :, 1:] = 50.0
    wild["ends"][1, :, :, 1:] = 50.0
    wild["spans"][0, :3, 3], wild["deleted"][:, :2], wild["deleted"][:, 7] = 50.0, 50.0, 50.0
    for name, loss in edit_losses(wild, TARGETS).items():
        torch.testing.assert_close(loss, edit_losses(outputs(), TARGETS)[name])


def test_gradients_are_finite_and_right() -> None:
    found = {name: tensor.double().requires_grad_() for name, tensor in outputs().items()}
    sum(edit_losses(found, TARGETS).values()).backward()  # type: ignore[union-attr]
    for name, tensor in found.items():
        assert tensor.grad is not None
        assert torch.isfinite(tensor.grad).all(), name
    for name, place in (("starts", (0, 0, 5, 3)), ("ends", (0, 1, 7, 1)), ("none", (1, 1)), ("instead", (0, 7, 5))):
        step, values = 1e-2, []
        for sign in (1, -1):
            moved = {key: tensor.detach().clone() for key, tensor in found.items()}
            moved[name][place] += sign * step
            values.append(float(sum(edit_losses(moved, TARGETS).values())))
        assert found[name].grad is not None
        slope = float(found[name].grad[place])  # type: ignore[index]
        assert math.isclose((values[0] - values[1]) / (2 * step), slope, rel_tol=1e-2, abs_tol=1e-3), name


def test_the_table_gives_every_score_its_shape() -> None:
    torch.manual_seed(0)
    found = EditTable(width=6, rank=4, insertions=3, dropout=0.0)(torch.randn(2, 5, 6), torch.tensor([5, 3]))
    assert {name: tuple(tensor.shape) for name, tensor in found.items()} == {
        "none": (2, 3),
        "starts": (2, 3, 5, 5),
        "ends": (2, 3, 5, 5),
        "spans": (2, 5, 5),
        "deleted": (2, 5),
        "instead": (2, 5, 5),
    }
