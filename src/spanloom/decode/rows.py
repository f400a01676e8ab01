"""From encoded rows to answers through a network, whatever it runs on: dev scores, prediction and exports alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from spanloom.contracts import Backend, Codec
from spanloom.core import Array, Arrays, Batch, Row
from spanloom.decode.numbers import refuse_odd_outputs

Check = Callable[[Mapping[str, Array]], None]


class Passed(NamedTuple):
    """A batch that went through the network. numbers: which rows it is made of, in order; outputs: by name."""

    numbers: Sequence[int]
    batch: Batch
    outputs: Arrays


def predict_rows(
    backend: Backend,
    codec: Codec,
    rows: Sequence[Row],
    *,
    check: Check | None = refuse_odd_outputs,
    also: Callable[[Batch, Arrays], None] | None = None,
) -> list[Any]:
    """One answer for each row, in the order of `rows`, in the batches that the backend makes of them.

    No more outputs are held than the backend has workers. check: raises an error for outputs of which no answer should
    be made; by default DataError where one is not a number. also: what else is made of each batch and its outputs, once
    its answers are taken.
    """

    def answers(numbers: Sequence[int]) -> list[tuple[int, Any]]:
        passed = pass_through(backend, codec, rows, numbers, check)
        found = decoded(codec, passed)
        if also is not None:
            also(passed.batch, passed.outputs)
        return found

    groups = backend.batches(rows)
    if backend.workers == 1 or len(groups) < 2:
        return in_order(map(answers, groups))
    with ThreadPoolExecutor(backend.workers) as pool:
        return in_order(pool.map(answers, groups))


def pass_through(
    backend: Backend, codec: Codec, rows: Sequence[Row], numbers: Sequence[int], check: Check | None
) -> Passed:
    """These of the rows as one batch, and what the network puts out for it."""
    batch = codec.collate([rows[number] for number in numbers])
    outputs = backend.forward(batch.inputs)
    if check is not None:
        check(outputs)
    return Passed(numbers, batch, outputs)


def decoded(codec: Codec, passed: Passed) -> list[tuple[int, Any]]:
    """The answers of a batch, each behind the number of its row."""
    return list(zip(passed.numbers, codec.decode(passed.outputs, passed.batch), strict=True))


def in_order(numbered: Iterable[Sequence[tuple[int, Any]]]) -> list[Any]:
    """The answers of all batches, in the order of the rows."""
    found = dict(pair for some in numbered for pair in some)
    return [found[number] for number in sorted(found)]
