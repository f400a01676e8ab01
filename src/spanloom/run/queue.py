"""Which annotations to look at again, worst first, and which texts to annotate next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spanloom.check.folds import assign
from spanloom.check.leaks import FILE as TRAINING_TEXTS
from spanloom.check.leaks import TrainingTexts
from spanloom.check.queue.listing import Judged, Wanted, all_findings, lines_of
from spanloom.config import DataConfig, RunConfig
from spanloom.contracts import Task
from spanloom.core import Beliefs, Example, Source
from spanloom.decode.believed import believed
from spanloom.errors import ConfigError, DataError
from spanloom.metrics.held_out import averaged, calibrated, common_scaling, scaled
from spanloom.predict.predictor import Predictor, load
from spanloom.read import UnknownFormat
from spanloom.read.parts.lines import numbered_lines
from spanloom.run.cli.settings import data_config
from spanloom.run.documents import documents
from spanloom.run.suits import require_claims
from spanloom.run.train import training_packages
from spanloom.run.user_config import GivenConfig, resolved
from spanloom.tasks import find_task
from spanloom.write.lines import refuse_to_replace, write_lines

SUFFIX = ".folds"
PLAIN = (".txt", ".text")
LEAKED = "Texts that the model was trained on, so that it believes what it was told of them"


@dataclass(frozen=True)
class QueueOptions:
    """folds: parts of which each is judged by a model of the others. rounds: how often, each time with other parts.
    runs: the folder of the folds' runs; beside the output if None. wanted: what is to be listed.
    """

    folds: int = 5
    rounds: int = 1
    runs: Path | None = None
    wanted: Wanted = field(default_factory=Wanted)


def queue(
    data: str | Path,
    output: str | Path,
    config: GivenConfig | None = None,
    model: str | Path | None = None,
    options: QueueOptions = QueueOptions(),
    overrides: Sequence[str] = (),
) -> dict[str, Any]:
    """Write which annotations of a file look wrong or missing, worst first, and which texts to annotate next.

    config: what is trained, on all folds of the data but one, to judge that one; the same call goes on where one was
    stopped. model: a run or a bundle that was not trained on these data, which judges them in place of that. overrides:
    `key=value` settings over those of config, or of how the data are read.

    The lines of the output are texts in spanloom's own format, with `rank`, `source`, `score` and `findings`. Returns
    what they amount to: `texts`, how many are listed, `of` how many; the number of `issues` by their kind; `unjudged`,
    annotations whose label the model that judged them did not know; `reliability`; and `remarks`, what else a person
    should know. Raises ConfigError, DataError,
    CheckpointError, and MissingExtra without torch.
    """
    data, output = Path(data), Path(output)
    refuse_to_replace(output, data)
    _check(options)
    if (config is None) == (model is None):
        found = "neither --config nor --model" if config is None else "both --config and --model"
        raise ConfigError("queue", found, "one of the two", "Name a configuration to train, or a trained model.")
    if config is not None:
        judged = _by_folds(data, resolved(config, overrides), options, options.runs or Path(f"{output}{SUFFIX}"))
    else:
        assert model is not None, "one of the two is given"
        judged = _by_model(data, Path(model), overrides)
    found_all, unjudged = all_findings(judged)
    lines = list(lines_of(judged, found_all, options.wanted))
    write_lines(output, lines)
    return {
        "texts": len(lines),
        "of": len(judged.examples),
        "issues": dict(Counter(finding["issue"] for line in lines for finding in line["findings"]).most_common()),
        "unjudged": unjudged,
        "reliability": judged.reliability,
        "remarks": list(judged.remarks),
        "lines": lines,
    }


def _check(options: QueueOptions) -> None:
    for name, value, least in (
        ("folds", options.folds, 2),
        ("rounds", options.rounds, 1),
        ("budget", options.wanted.budget, 1),
    ):
        if value is not None and value < least:
            raise ConfigError(f"--{name}", f"is {value}", f"at least {least}", f"Set --{name} {least}, or more.")
    if not 0 <= options.wanted.least <= 1:
        raise ConfigError("--least", f"is {options.wanted.least}", "a number from 0 to 1", "Set --least 0.5, say.")


# ---- what is believed ------------------------------------------------------------------------------------------------


def _by_folds(data: Path, config: RunConfig, options: QueueOptions, folder: Path) -> Judged:
    with training_packages():
        from spanloom.engine.folds import Plan, judged_by_others
        from spanloom.engine.progress import ConsoleProgress
        from spanloom.engine.report import Notice
        from spanloom.engine.run import Interrupted
    task = find_task(config.task)
    require_claims(task, "queue")
    if config.data.source:
        found = "names several data sets, and a queue is of one"
        raise ConfigError("data.source", found, "none", f"Leave them out: {data} is what is trained on.")
    examples = list(task.read(data, config.data))
    if all(example.gold is None for example in examples):
        remedy = "Annotate some of them, or name a model with --model, which then says of which texts it is least sure."
        raise DataError(str(data), "no example with a gold answer", "annotated data to train on", remedy)
    by, named = documents(examples, "", config.data.encoding)
    plan = Plan(options.folds, options.rounds, folder, [named(example) for example in examples] if by else None)
    try:
        with ConsoleProgress() as show:
            if by:
                show(Notice(f"Documents, told by {by}, are judged whole."))
            found_parts = judged_by_others(task, config, examples, plan, show)
    except Interrupted as stopped:
        raise KeyboardInterrupt(f"Stopped in {stopped.run.parent}. The same command goes on from there.") from stopped
    return judged_of(task, examples, found_parts, options.folds)


def judged_of(
    task: Task, examples: Sequence[Example], parts: Sequence[tuple[Any, Sequence[Beliefs]]], folds: int
) -> Judged:
    """The examples with what the models of all rounds believe of them, made to mean what it says fold by fold."""
    each: list[list[Beliefs]] = [[] for _ in examples]
    reliability: dict[str, dict[str, Any]] = {}
    for start in range(0, len(parts), folds):
        together = parts[start : start + folds]
        held = [
            [(examples[number], own) for number, own in zip(fold.held, found, strict=False)] for fold, found in together
        ]
        after, reliability = calibrated(held)
        common = common_scaling(held)
        for (fold, found), own in zip(together, after, strict=True):
            unseen = [scaled(beliefs, common) for beliefs in found[len(fold.held) :]]
            for number, beliefs in zip(fold.judged, [*own, *unseen], strict=True):
                each[number].append(beliefs)
    return Judged(task, examples, [averaged(own) for own in each], reliability)


def _by_model(data: Path, model: Path, overrides: Sequence[str]) -> Judged:
    """What a trained model believes of data that it was not trained on, scaled by those of them that are annotated."""
    predictor = load(model)
    task, settings = predictor.task, data_config(overrides)
    require_claims(task, "queue")
    examples = _read(predictor, data, settings)
    texts = TrainingTexts.load(predictor.source / TRAINING_TEXTS)
    leaks = None if texts is None else texts.leaks(task, examples)
    remarks = (
        [f"{LEAKED}: {leaks.count:,} of {leaks.of:,}, the first at {leaks.first[0]}."] if leaks and leaks.count else []
    )
    beliefs = believed(predictor.backend, predictor.codec, examples)
    annotated = [number for number, example in enumerate(examples) if example.gold is not None]
    if len(annotated) < 2:
        return Judged(task, examples, beliefs, remarks=remarks)
    halves = assign([examples[number] for number in annotated], 2, 0)
    parts = [[number for number, own in zip(annotated, halves, strict=True) if own == half] for half in range(2)]
    held = [[(examples[number], beliefs[number]) for number in part] for part in parts]
    after, reliability = calibrated(held)
    common, found = common_scaling(held), list(beliefs)
    for part, own in zip(parts, after, strict=True):
        for number, each in zip(part, own, strict=True):
            found[number] = each
    for number in set(range(len(examples))) - set(annotated):
        found[number] = scaled(beliefs[number], common)
    return Judged(task, examples, found, reliability, remarks)


def _read(predictor: Predictor[Any], data: Path, settings: DataConfig) -> list[Example]:
    """The examples of a file, which may be plain text too, a text a line."""
    try:
        return list(predictor.task.read(data, settings))
    except UnknownFormat:
        if data.suffix.lower() not in PLAIN or predictor.texts != 1:
            raise
    lines = [(number, line.strip()) for number, line in numbered_lines(data, settings.encoding)]
    return [Example(predictor.prepare(line), None, Source(str(data), number)) for number, line in lines if line]
