"""Which rows go through an exported graph together, where an answer is the same bits in any company.

That is tried out when a bundle is opened, as it depends on the graph and on the processor: a matrix product of one row
may be computed in another order than that of several, and padding may change how sums are parted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from spanloom.batch.buckets import Capacity, batches
from spanloom.contracts import Backend, Codec, Task
from spanloom.core import Arrays, Example, Row

ROWS, TOKENS = 32, 2048
"""Rows, and padded tokens, of a batch at most: more is no faster on a processor, and takes memory."""

TRIED = (1, 2, 3, 5, 8, 13, 30)
"""How often the words of a trial text are repeated to make texts of several lengths."""


def batches_of(rows: Sequence[Row], workers: int) -> list[list[int]]:
    """Rows of like length together, and at least a batch for each worker where there are rows enough."""
    most = max(1, min(ROWS, -(-len(rows) // max(workers, 1))))
    made = batches([row.length for row in rows], 0, 0, Capacity(most, TOKENS), shuffle=False)
    return [numbers.tolist() for numbers in made]


def may_be_together(task: Task, codec: Codec, backend: Backend) -> bool:
    """Whether texts of several lengths have the same bits alone, in pairs and all together, with and without others
    that are longer; what is decoded of them too."""
    if codec.texts == 0:
        return False  # a dialogue has no length to sort by
    try:
        items = [_trial(task, codec, times) for times in TRIED]
        rows = [codec.encode(Example(item)) for item in items]
        alone = [_of_rows(task, codec, backend, items, rows, [number])[0] for number in range(len(rows))]
        every = range(len(rows))
        return all(
            _same(alone[number], found)
            for company in ([*every], [*every][::-1], *([number, number] for number in every))
            for number, found in zip(company, _of_rows(task, codec, backend, items, rows, company), strict=True)
        )
    except Exception:  # such as of a graph for one row at a time; what is wrong with a bundle is said by `probe`
        return False


def _trial(task: Task, codec: Codec, times: int) -> Any:
    words = " ".join([task.trial] * times).split()[: codec.max_words]
    text = " ".join(words)
    return task.prepare(text if codec.texts == 1 else [text] * codec.texts, codec)


def _of_rows(
    task: Task, codec: Codec, backend: Backend, items: Sequence[Any], rows: Sequence[Row], numbers: Sequence[int]
) -> list[tuple[Any, Arrays]]:
    """Of each of these rows, which go through the graph together, what a user sees and the outputs."""
    batch = codec.collate([rows[number] for number in numbers])
    outputs = backend.forward(batch.inputs)
    by_row = [name for name, sizes in codec.output_sizes().items() if sizes[0] is None]
    return [
        (task.show(items[number], answer), {name: outputs[name][place] for name in by_row})
        for place, (number, answer) in enumerate(zip(numbers, codec.decode(outputs, batch), strict=True))
    ]


def _same(alone: tuple[Any, Arrays], found: tuple[Any, Arrays]) -> bool:
    """Whether nothing differs but the padding behind what is there of the row alone."""
    return alone[0] == found[0] and all(
        np.array_equal(array, found[1][name][tuple(map(slice, array.shape))]) for name, array in alone[1].items()
    )
