"""Errors are planted in good annotations, and the queue is judged by how early it lists them.

    python benchmarks/queue.py --data DIR [--sets conll03-spans,nyt-triples] [--seeds 0,1,2]
    python benchmarks/queue.py --table

Of each set a twentieth of the statements becomes wrong and a twentieth goes. Models of two of three folds judge the
third. Then what stands among the first of the queue, a tenth of the annotations, is mended by the truth, and a model is
trained on that; beside it one on the clean data, one on those with all errors, and one on those with a random tenth
mended. What was trained stays in --runs, and an interruption costs what was running. `README.md` says more.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from machine import installed, surroundings
from planting import Planted, planted, with_errors
from queue_scores import OUTSIDE, beside, classes_of, hit, keys, scores, token_scores
from queue_sets import SETS, QueueSet
from queue_tables import MENDED, queue_tables
from training import numbers, store

from spanloom.answers.parts.facts import ENTITIES
from spanloom.check.queue.findings import Finding
from spanloom.check.queue.listing import all_findings
from spanloom.config import DataConfig, RunConfig
from spanloom.core import Array, Example
from spanloom.decode.believed import claims_of
from spanloom.decode.viterbi import marginals
from spanloom.engine.evaluate import TorchBackend
from spanloom.engine.folds import Plan, folds_of, judged_by_others
from spanloom.engine.model_folder import load_model
from spanloom.engine.progress import ConsoleProgress
from spanloom.engine.run import run_training
from spanloom.run.queue import judged_of
from spanloom.write.lines import write_lines

RESULTS = Path(__file__).resolve().parent / "results" / "queue"
FOLDS = 3


def measure(which: QueueSet, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Plant errors, find them, mend some, and train: what is kept of one set and seed."""
    before = surroundings()
    config, task = which.run_config(seed, options.vectors), which.task()
    clean = which.examples(options.data, 0)
    dirty, errors = planted(clean, which.kind, seed, which.orphans)
    folder = options.runs / which.name / f"seed-{seed}"
    plan = Plan(FOLDS, 1, folder / "folds")
    with ConsoleProgress() as show:
        parts = judged_by_others(task, config, dirty, plan, show)
    judged = judged_of(task, dirty, parts, FOLDS)
    found, unjudged = all_findings(judged)
    result: dict[str, Any] = {
        **before,
        "set": which.name,
        "seed": seed,
        "settings": [f"configs/{which.config}.toml", *which.settings],
        "sentences": len(clean),
        "unjudged": unjudged,
        "reliability": judged.reliability,
        "queue": scores(found, errors, which.kind, dirty),
    }
    if which.config == "conll03-fast" and installed("cleanlab"):
        theirs = cleanlab_scores(which, config, dirty, plan)
        result["beside"] = beside(token_scores(found, dirty), theirs, clean, dirty)
        result["versions"]["cleanlab"] = installed("cleanlab")
    if not options.without_f1:
        result["f1"] = mended_f1(which, seed, options, (clean, errors, found), folder)
    if options.longer and which.longer:
        longer = mended_f1(which.trained_longer(), seed, options, (clean, errors, found), folder / "longer")
        result["longer"] = {"epochs": which.longer, **longer}
    return result


def cleanlab_scores(which: QueueSet, config: RunConfig, dirty: Sequence[Example], plan: Plan) -> list[Array]:
    """How much cleanlab's token method speaks against each token, by the same models' probabilities of its class."""
    from cleanlab.token_classification.rank import get_label_quality_scores

    labels = sorted({label for example in dirty for label in classes_of(example)})
    labels = [OUTSIDE, *(label for label in labels if label != OUTSIDE)]
    sure: list[Array] = [np.empty(0)] * len(dirty)
    for _, fold in folds_of(dirty, config, plan):
        for number, own in zip(
            fold.held, class_probabilities(which, fold.folder / "run", dirty, fold.held, labels), strict=True
        ):
            sure[number] = own
    given = [[labels.index(label) for label in classes_of(example)] for example in dirty]
    _, quality = get_label_quality_scores(given, sure)
    return [-np.asarray(own) for own in quality]


def class_probabilities(
    which: QueueSet, run: Path, dirty: Sequence[Example], held: Sequence[int], labels: Sequence[str]
) -> list[Array]:
    """[T, K] for each example: the marginals of a CRF's tags, added up by their label."""
    task = which.task()
    _, _, codec, model = load_model(run, lambda name: task)
    backend, tags = TorchBackend(model), codec.tagset.tags  # type: ignore[attr-defined]
    column = np.array([labels.index(tag.partition("-")[2] or OUTSIDE) for tag in tags])
    rows = [codec.encode(replace(dirty[number], gold=None)) for number in held]
    found: list[Array] = [np.empty(0)] * len(rows)
    for group in backend.batches(rows):
        batch = codec.collate([rows[index] for index in group])
        outputs = backend.forward(batch.inputs)
        own = [outputs[name] for name in ("emissions", "transitions", "start", "end")]
        for index, table in zip(group, marginals(*own, batch.inputs["lengths"]), strict=True):
            found[index] = np.stack([table[:, column == place].sum(axis=1) for place in range(len(labels))], axis=1)
    return found


# ---- mending ---------------------------------------------------------------------------------------------------------

Found = tuple[Sequence[Example], Sequence[Planted], Sequence[Finding]]


def mended_f1(which: QueueSet, seed: int, options: argparse.Namespace, found: Found, folder: Path) -> dict[str, Any]:
    """F1 on dev of models that were trained on clean data, on those with errors, and on those with some mended."""
    clean, errors, _ = found
    table: dict[str, Any] = {"errors_left": {}}
    for name in MENDED:
        left = errors_left(which, seed, name, found)
        run = folder / name
        table["errors_left"][name] = len(left)
        table[name] = f1_of(which, seed, options, run, with_errors(clean, left, which.orphans))
    assert table["errors_left"]["dirty"] == len(errors)
    return table


def errors_left(which: QueueSet, seed: int, name: str, found: Found) -> list[Planted]:
    """The errors that are not mended, in their order."""
    clean, errors, findings = found
    if name in ("clean", "dirty"):
        return list(errors) if name == "dirty" else []
    own = [finding for finding in findings if finding.about.kind == which.kind]
    dirty = with_errors(clean, errors, which.orphans)
    looked_at = round(0.1 * sum(claim.kind == which.kind for example in dirty for claim in claims_of(example)))
    if name == "random":
        own = [finding for finding in own if finding.annotated is not None]
        random.Random(seed).shuffle(own)
    known = keys(errors)
    seen = {id(error) for finding in own[:looked_at] if hit(finding, known) for error in [known_error(finding, known)]}
    return [error for error in errors if id(error) not in seen]


def known_error(finding: Finding, known: Mapping[Any, Planted]) -> Planted:
    missing = None if finding.annotated is not None else finding.believed
    return known[finding.number, finding.annotated, missing]


def f1_of(which: QueueSet, seed: int, options: argparse.Namespace, run: Path, examples: Sequence[Example]) -> float:
    """Train on these examples, as far as that was not done, and score the last weights on dev."""
    task, config = which.task(), which.run_config(seed, options.vectors)
    train, dev = run.with_suffix(".train.jsonl"), run.with_suffix(".dev.jsonl")
    run.parent.mkdir(parents=True, exist_ok=True)
    if not (run / "README.md").exists():
        write_lines(train, map(task.line, examples))
        write_lines(dev, map(task.line, which.examples(options.data, 1)))
        with ConsoleProgress() as show:
            resume = (run / "checkpoint").exists()
            run_training(task, replace(config, data=DataConfig(train, dev)), run, resume, show)
    card = json.loads((run / "scorecard.json").read_text(encoding="utf-8"))
    if which.kind == ENTITIES and "entities" in card:
        return float(card["entities"][card["rule"]]["f1"])
    return float(task.best(card))


# ---- the command ---------------------------------------------------------------------------------------------------


def chosen(text: str) -> list[QueueSet]:
    known = {which.name: which for which in SETS}
    unknown = [name for name in text.split(",") if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"no set '{unknown[0]}'; there are {', '.join(known)}")
    return [known[name] for name in text.split(",")]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Judge the queue by planted errors.")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the folder with conll03/, conll04/ and nyt/ in it")
    parser.add_argument("--sets", type=chosen, default=list(SETS), metavar="NAME,…", help="default: all")
    parser.add_argument("--seeds", type=numbers, default=[0, 1, 2], metavar="N,…", help="default: 0,1,2")
    parser.add_argument("--runs", type=Path, default=Path("runs/queue"), metavar="DIR", help="for run folders")
    parser.add_argument("--vectors", type=Path, metavar="FILE", help="what glove.py made; default: in --runs")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIR", help="JSON goes here")
    parser.add_argument("--without-f1", action="store_true", help="do not train on mended data")
    parser.add_argument(
        "--longer", action="store_true", help="train on it for more epochs too, where a set says how many"
    )
    parser.add_argument("--again", action="store_true", help="count anew what was trained")
    parser.add_argument("--table", action="store_true", help="only print the table of what is there")
    options = parser.parse_args(arguments)
    options.vectors = options.vectors or options.runs / "glove-50.safetensors"
    if not options.table:
        if options.data is None:
            parser.error("--data DIR is needed to measure anything; --table prints what was measured")
        for which in options.sets:
            for seed in options.seeds:
                file = options.results / f"{which.name}-{seed}.json"
                if options.again or not file.exists():
                    print(f"== {which.name}, seed {seed}", file=sys.stderr, flush=True)
                    store(file, measure(which, seed, options))
    print("\n".join(queue_tables(options.results)))


if __name__ == "__main__":
    main()
