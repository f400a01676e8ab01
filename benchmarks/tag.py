"""Tagging: trains each row of the table over several seeds, and its peers, times them side by side, prints the table.

    python benchmarks/tag.py --data DIR [--rows conll03-rnn,resume-rnn] [--seeds 0,1,2] [--threads 2]
    python benchmarks/tag.py --data DIR --peers      # CRFsuite and spaCy's small model on conll03
    python benchmarks/tag.py --data DIR --speed      # tokens a second of the trained rows and of the peers, one thread
    python benchmarks/tag.py --data DIR --padding    # padding and training speed of each sampler, on conll03

`README.md` beside this file says more.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from machine import installed, surroundings
from padding import measure_padding
from peers import crfsuite, spacy_small
from plain_tables import padding_table, peers_table, plain_table, speed_lines
from rows import CONFIGS, PARTS, TAG_RESULTS, TAG_ROWS, read_results
from training import add_options, parsed, stopping_cleanly, store, train_missing
from turns import alternate, timed
from unannotated import environment
from wording import LANGUAGES

from spanloom.answers.tags import Tags
from spanloom.config import load_config
from spanloom.core import Example
from spanloom.export.bundle import export
from spanloom.metrics.tags import tag_scorecard
from spanloom.predict.predictor import load
from spanloom.tasks import find_task

PEERS_ON = "conll03"
PEER_STEPS = 200  # of a spaCy model that is only timed
ROUNDS = 5


def examples_of(data: Path, part: int) -> list[Example]:
    """The training (0) or dev (1) examples that the peers get too."""
    config = load_config(CONFIGS / f"{PEERS_ON}-rnn.toml", [], lambda name: find_task(name).config)
    return list(find_task("tag").read(data / PARTS[PEERS_ON][part], config.data))


def words_of(examples: Sequence[Example]) -> list[list[str]]:
    return [[token.text for token in example.input.tokens] for example in examples]


def measure_peers(options: argparse.Namespace) -> dict[str, Any]:
    """Train the peers that are installed on conll03, in this process and on one thread, and score them on dev."""
    train_part, dev = examples_of(options.data, 0), examples_of(options.data, 1)
    found: dict[str, Any] = {}
    makers: dict[str, tuple[bool, str, Callable[[], Any]]] = {
        "CRFsuite": (crfsuite.available(), "python-crfsuite", lambda: crfsuite.CrfSuite(train_part)),
        "spaCy small": (
            spacy_small.available(),
            "spacy",
            lambda: spacy_small.SpacySmall(spacy_small.train(train_part, dev, options.runs / "spacy-small")),
        ),
    }
    for name, (there, package, make) in makers.items():
        if not there:
            print(f"{name}: not installed, left out. Install it with: pip install {package}", flush=True)
            continue
        print(f"== {name}", flush=True)
        began = time.perf_counter()
        model = make()
        seconds = time.perf_counter() - began
        scorecard = tag_scorecard(dev, list(model.predict(words_of(dev))))
        found[name] = {"scores": scorecard["overall"], "seconds": seconds, "version": installed(package)}
    return {"data": PEERS_ON, "threads": 1, "peers": found, **surroundings()}


def measure_speed(options: argparse.Namespace) -> dict[str, Any]:
    """Tokens a second on conll03 dev: every trained row as int8 and fp32 bundles, and the peers, taking turns."""
    dev = examples_of(options.data, 1)
    words, tokens = words_of(dev), sum(len(example.input.tokens) for example in dev)
    turns: dict[str, Callable[[], float]] = {}
    for row in TAG_ROWS:
        if row.data == PEERS_ON:
            for name, predictor in _predictors(options.runs / row.name).items():
                turns[f"{row.name}, {name}"] = _answering(lambda p=predictor: p.predict_inputs(e.input for e in dev))
    if crfsuite.available():
        tagger = crfsuite.CrfSuite(dev[:500])  # its time to answer hardly depends on what it was trained on
        turns["CRFsuite"] = _answering(lambda: tagger.predict(words))
    if spacy_small.available():
        folder = options.runs / "spacy-small" / "model-best"
        if not folder.is_dir():
            folder = spacy_small.train(
                examples_of(options.data, 0), dev, options.runs / "spacy-timed", steps=PEER_STEPS
            )
        small = spacy_small.SpacySmall(folder)
        turns["spaCy small"] = _answering(lambda: small.predict(words))
    seconds = alternate(turns, ROUNDS)
    return {"data": PEERS_ON, "threads": 1, "tokens": tokens, "rounds": seconds, **surroundings()}


def _predictors(runs: Path) -> dict[str, Any]:
    """Bundles of a row's first trained run, made anew; none where nothing was trained."""
    run = next((card.parent for card in sorted(runs.glob("seed-*/scorecard.json"))), None)
    if run is None:
        return {}
    found = {}
    for precision in ("int8", "fp32"):
        bundle = runs / f"bundle-{precision}"
        export(run, bundle, max_drop=100.0, precision=precision)  # type: ignore[arg-type]
        found[precision] = load(bundle, threads=1)
    return found


def _answering(answers: Callable[[], Any]) -> Callable[[], float]:
    def work() -> None:
        for answer in answers():
            assert isinstance(answer, Tags)

    return lambda: timed(work)


def own_process(options: argparse.Namespace, what: str) -> None:
    """The same command again on one thread, where no library has started its threads yet."""
    places = {"--data": options.data, "--runs": options.runs, "--results": options.results}
    parts = [str(part) for pair in places.items() for part in pair]
    subprocess.run([sys.executable, __file__, *parts, f"--{what}-here"], check=True, env=environment(1))


MEASURES: Mapping[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "peers": measure_peers,
    "speed": measure_speed,
    "padding": lambda options: measure_padding(examples_of(options.data, 0), CONFIGS / f"{PEERS_ON}-rnn.toml"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train and table the tagging benchmark.")
    add_options(parser, TAG_ROWS, TAG_RESULTS)
    for what in MEASURES:
        parser.add_argument(f"--{what}", action="store_true", help=f"instead: measure {what}")
        parser.add_argument(f"--{what}-here", action="store_true", help=argparse.SUPPRESS)
    options = parsed(parser, arguments)
    wanted = [what for what in MEASURES if getattr(options, what)]
    for what, measure in MEASURES.items():
        if getattr(options, f"{what}_here"):
            store(options.results / f"{what}.json", measure(options))
            return
    with stopping_cleanly():
        for what in wanted:
            own_process(options, what)
        if not wanted and not options.table:
            train_missing(options.rows, options)
    words = LANGUAGES["en"]
    print("\n".join(plain_table(TAG_ROWS, read_results(options.results, TAG_ROWS), words)))
    for table in (made(options.results, words) for made in (peers_table, speed_lines, padding_table)):
        print("\n" + "\n".join(table))


if __name__ == "__main__":
    main()
