"""What networks read of several rows, padded to one rectangle an array. B batch, T words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from spanloom.axes import WORDS, Axis, Declared
from spanloom.batch.pad import pad
from spanloom.core import Arrays, Row


def pad_inputs(rows: Sequence[Row], declared: Mapping[str, Declared]) -> tuple[int, Arrays]:
    """The padded width T and every input array of the rows, [B, ...], each of its axes as long as was declared.

    Raises KeyError for an array that nothing is declared of.
    """
    found: dict[Axis, list[int]] = defaultdict(list, {WORDS: [row.width for row in rows]})
    for row in rows:
        for name, array in row.inputs.items():
            for axis, size in zip(declared[name].axes, array.shape, strict=True):
                if isinstance(axis, Axis):
                    found[axis].append(size)
    sizes = {axis: _padded_size(axis, each, len(rows)) for axis, each in found.items()}
    return sizes[WORDS], {
        name: pad(
            [row.inputs[name] for row in rows],
            0,
            tuple(sizes[axis] if isinstance(axis, Axis) else axis for axis in declared[name].axes),
        )
        for name in rows[0].inputs
    }


def _padded_size(axis: Axis, sizes: Sequence[int], rows: int) -> int:
    """In a batch no axis is of size 1, which an exporter would take for a constant; a row alone needs no step."""
    step = axis.step if rows > 1 else 1
    return -(-max(min(rows, 2), *sizes) // step) * step
