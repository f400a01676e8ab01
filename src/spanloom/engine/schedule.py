"""The learning rate, as a pure function of the step."""

from __future__ import annotations


def learning_rate_factor(step: int, total: int, warmup: float, final: float) -> float:
    """What the peak learning rate is multiplied by at `step`, counted from 0, of `total`.

    Rises linearly over the first `warmup` part (0..1) of the run, never from zero, and falls linearly to `final` (a
    part of the peak, 0..1), which it would reach at step `total`.
    """
    rising = round(warmup * total)
    if step < rising:
        return (step + 1) / rising
    if step >= total:
        return final
    return 1.0 - (1.0 - final) * (step - rising) / (total - rising)
