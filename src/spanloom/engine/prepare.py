"""From data files to rows: both parts read, the codec fitted on the training part alone, both encoded and checked.

What of the data is not learned from, or not scored as it stands, is said: to the person who watches, and on the card.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from spanloom.batch.mixing import mix_of
from spanloom.check.data import Part, read_dev, read_training
from spanloom.check.leaks import TrainingTexts
from spanloom.check.unknown import UnknownLabels, unknown_sentence
from spanloom.config import RunConfig
from spanloom.contracts import Codec, Task
from spanloom.core import Example, Row
from spanloom.engine.encoded import Encoded, Prepared, in_windows
from spanloom.engine.fill import filled
from spanloom.engine.guard import check_rows
from spanloom.engine.remarks import cut_off, in_training_too
from spanloom.engine.report import Notice, Report, Stage
from spanloom.text.scripts import Scripts, readable

OnReport = Callable[[Report], None]


def prepare(task: Task, config: RunConfig, on_report: OnReport) -> Prepared:
    """The training part, the dev part if there is one, and the codec that was fitted on the first.

    Raises DataError for data that will not do, citing the line. Every remark of the two parts is reported too.
    """
    training = read_training(task, config)
    if config.data.fill is not None:
        training = filled(task, config, training, on_report)
    texts = TrainingTexts.fit(task, training.examples)
    dev_read = read_dev(task, config, training.coverages)
    codec: Codec = task.fit(training.examples, config)
    read = in_windows(task, config, training.examples, on_report)
    rows = _encode(codec, read, "encoding training data", on_report)
    remarks = [*training.remarks, *cut_off(task, config, read, rows, "training")]
    _say(remarks, on_report)
    arranged = (read, rows) if task.arrange is None else task.arrange(read, rows, codec, config)
    scripts = Scripts.of(text for item in training.examples for text in readable(item.input))
    data = Encoded(*arranged, tuple(remarks), texts, mix_of(arranged[0], config.data), scripts)
    dev = None if dev_read is None else _dev(task, config, codec, texts, dev_read, on_report)
    return Prepared(task, config, codec, data, dev)


def _dev(task: Task, config: RunConfig, codec: Codec, texts: TrainingTexts, part: Part, on_report: OnReport) -> Encoded:
    examples = part.examples
    if config.data.unknown_labels == "error":
        for example in examples:
            codec.require_known(example)
    unknown = UnknownLabels.of(codec, examples)
    rows = _encode(codec, examples, "encoding dev data", on_report, bool(unknown.counts))
    remarks = [
        *part.remarks,
        *cut_off(task, config, examples, rows, "dev"),
        *in_training_too(texts.leaks(task, examples)),
    ]
    if unknown.counts:
        remarks.append(unknown_sentence(unknown.to_dict(), "the dev data"))
    _say(remarks, on_report)
    return Encoded(examples, rows, tuple(remarks))


def _say(remarks: Sequence[str], on_report: OnReport) -> None:
    for remark in remarks:
        on_report(Notice(remark))


def _encode(
    codec: Codec, examples: Sequence[Example], name: str, on_report: OnReport, unknown: bool = False
) -> list[Row]:
    """Rows of examples. unknown: some have a label that training never had.

    Such an example is encoded without its gold, and then no row has targets, as all must have the same arrays: scoring
    needs the examples' gold, not the rows'.
    """
    rows = []
    for example in examples:
        without_gold = unknown and codec.unknown(example)
        row = codec.encode(dataclasses.replace(example, gold=None) if without_gold else example)
        rows.append(dataclasses.replace(row, targets={}) if unknown else row)
        if len(rows) % 100 == 0 or len(rows) == len(examples):
            on_report(Stage(name, len(rows), len(examples)))
    check_rows(rows, examples, codec)
    return rows
