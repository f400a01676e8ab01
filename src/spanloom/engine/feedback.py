"""The two schedules that look at the dev scores: reduce on plateau, and the bold driver."""

from __future__ import annotations

from spanloom.config import TrainConfig, schedules
from spanloom.engine.state import Training

RAISE, LOWER = 1.05, 0.5
"""By what the bold driver multiplies the rates when the dev error fell, and when it rose."""


def heed_score(state: Training, config: TrainConfig, score: float) -> str:
    """Let a dev score change the learning rate, perhaps the weights, and say what was done ("" for nothing).

    To be called before `state.best_score` takes the score in. The score is larger for a smaller error.
    """
    best = state.best_score
    match config.schedule:
        case schedules.Plateau() as plateau:
            return _plateau(state, plateau, best is None or score > best)
        case schedules.Bold():
            return _bold(state, better=best is None or score > best, worse=best is not None and score < best)
    return ""


def _plateau(state: Training, settings: schedules.Plateau, better: bool) -> str:
    state.bad_epochs = 0 if better else state.bad_epochs + 1
    if state.bad_epochs <= settings.patience:
        return ""
    state.bad_epochs = 0
    lowered = max(state.factor * settings.gamma, settings.final)
    if lowered >= state.factor:
        return ""
    state.factor = lowered
    return f"learning rate lowered to {lowered:.3g} of its peak"


def _bold(state: Training, better: bool, worse: bool) -> str:
    """Battiti 1989, with epochs for steps and the dev error for the training error."""
    if better:
        state.factor *= RAISE if state.previous is not None else 1.0  # the first score is better than nothing
        state.previous = {name: tensor.detach().clone() for name, tensor in state.tensors().items()}
        return ""
    if not worse or state.previous is None:
        return ""
    state.factor *= LOWER
    state.put_back(state.previous)
    return f"worse: back to the weights before, learning rate halved to {state.factor:.3g} of its peak"
