"""From rows to answers through a network that doubles its numbers: batches, order, checks, several at once."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from spanloom.contracts import Codec
from spanloom.core import Array, Arrays, Batch, Row
from spanloom.decode.rows import predict_rows
from spanloom.errors import DataError


class Numbers(Codec):
    """A row is one number, an answer another."""

    def collate(self, rows: Sequence[Row]) -> Batch:
        return Batch({"x": np.array([row.inputs["x"] for row in rows])}, {}, {})

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[Any]:
        return list(outputs["y"].tolist())


class Double:
    """Batches of two, the last rows first. batches of at least `together` run at the same time."""

    def __init__(self, workers: int = 1, together: int = 1) -> None:
        self.workers = workers
        self.sizes: list[int] = []
        self.inside = threading.Barrier(together)

    def batches(self, rows: Sequence[Row]) -> list[list[int]]:
        order = list(range(len(rows)))[::-1]
        return [order[start : start + 2] for start in range(0, len(order), 2)]

    def forward(self, inputs: Mapping[str, Array]) -> Arrays:
        self.inside.wait(30)
        self.sizes.append(len(inputs["x"]))
        return {"y": 2 * inputs["x"]}


def rows(*numbers: float) -> list[Row]:
    return [Row({"x": np.float64(number)}, {}, 1, 1) for number in numbers]


@pytest.mark.parametrize("workers", [1, 2])
def test_answers_come_in_the_order_of_the_rows_whatever_the_batches(workers: int) -> None:
    backend = Double(workers, together=workers)
    assert predict_rows(backend, Numbers(), rows(1, 2, 3, 4)) == [2, 4, 6, 8]
    assert backend.sizes == [2, 2]


def test_of_no_rows_nothing_is_asked() -> None:
    backend = Double(2)
    assert predict_rows(backend, Numbers(), []) == []
    assert backend.sizes == []


@pytest.mark.parametrize("workers", [1, 3])
def test_no_answer_is_made_of_what_is_no_number_unless_asked(workers: int) -> None:
    odd = rows(1, float("nan"), 3)
    with pytest.raises(DataError, match="the model's output 'y' holds nan; numbers"):
        predict_rows(Double(workers), Numbers(), odd)
    assert predict_rows(Double(workers), Numbers(), odd, check=None)[::2] == [2, 6]


def test_what_else_is_made_of_each_batch_sees_its_outputs() -> None:
    seen: list[tuple[list[float], list[float]]] = []
    also = lambda batch, outputs: seen.append((batch.inputs["x"].tolist(), outputs["y"].tolist()))  # noqa: E731
    predict_rows(Double(), Numbers(), rows(1, 2, 3), also=also)
    assert seen == [([3, 2], [6, 4]), ([1], [2])]
