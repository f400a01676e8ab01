"""Does a bundle's codec fit its graph? Asked once, when it is opened, by one small text on its whole way.

What the codec and the graph each say of labels is compared, so that no answer is made of the wrong ones.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from spanloom.contracts import Backend, Codec, Task
from spanloom.core import Arrays, Example
from spanloom.decode.numbers import refuse_odd_outputs
from spanloom.errors import MissingExtra, SpanloomError

POSITIONS = "_at"
"""How the names of inputs end that are places in a text: beyond its end there are none (see `Codec.limits`)."""


class Misfit(Exception):
    """What does not fit, in a few words."""


def probe(task: Task, codec: Codec, names: list[str], backend: Backend) -> None:
    """Raise Misfit where codec and graph do not belong together. names: of the graph's inputs.

    The largest number that the codec gives an input must be one that the graph knows, and the largest where its table
    is of this size: where vocabularies differ, each number may stand for something else.
    """
    several = codec.texts != 1
    try:
        item = task.prepare([task.trial, task.trial] if several else task.trial, codec)
        batch = codec.collate([codec.encode(Example(item))])
        for name in names:
            if name not in batch.inputs:
                raise Misfit(f"the graph has an input '{name}', which the codec does not make")
        outputs = backend.forward(batch.inputs)
        _compare_sizes(outputs, codec.output_sizes())
        refuse_odd_outputs(outputs)
        task.show(item, codec.decode(outputs, batch)[0])
        _compare_vocabularies(batch.inputs, {name: codec.limits().get(name, 0) for name in names}, codec, backend)
    except (Misfit, MissingExtra):
        raise
    except Exception as error:  # whatever values out of all reason lead to, in onnxruntime too
        reason = error.found if isinstance(error, SpanloomError) else " ".join(str(error).split())
        reason = reason[:200] or type(error).__name__
        raise Misfit(f"the text {task.trial!r} cannot be read with it ({reason})") from error


def _compare_sizes(outputs: Arrays, sizes: Mapping[str, tuple[int | None, ...]]) -> None:
    for name, wanted in sizes.items():
        if name not in outputs:
            raise Misfit(f"the graph has no output '{name}'")
        found = outputs[name].shape
        fits = len(found) == len(wanted) and all(
            want is None or want == size for want, size in zip(wanted, found, strict=True)
        )
        if not fits:
            shown = ", ".join("any" if size is None else str(size) for size in wanted)
            raise Misfit(f"the graph's output '{name}' is of shape {found}, where the codec's labels make it [{shown}]")


def _compare_vocabularies(inputs: Arrays, limits: Mapping[str, int], codec: Codec, backend: Backend) -> None:
    exact = {name for name, declared in codec.declared().items() if declared.exact}
    bounds = {name: bound for name, bound in limits.items() if bound and not name.endswith(POSITIONS)}
    largest = {**inputs, **{name: np.full_like(inputs[name], bound - 1) for name, bound in bounds.items()}}
    known = backend.forward(largest)
    for name, bound in bounds.items():
        if name not in exact:
            continue
        try:
            beyond = backend.forward({**largest, name: np.full_like(inputs[name], bound)})
        except Exception:  # as there is no such number; onnxruntime's own exceptions share no public base class
            continue
        if any(not np.array_equal(beyond[output], array) for output, array in known.items()):  # else unused
            raise Misfit(f"the graph knows more than the {bound} numbers that the codec has for '{name}'")
