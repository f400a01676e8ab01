"""Classification: trains each row of the table over several seeds, TF-IDF with logistic regression beside it.

    python benchmarks/classify.py --data DIR [--rows polarity-rnn,mrpc-minilm] [--seeds 0,1,2] [--threads 2]
    python benchmarks/classify.py --data DIR --peers      # TF-IDF + logistic regression on polarity and mrpc

`README.md` beside this file says more.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from machine import installed, surroundings
from plain_tables import one_peer_table, plain_table
from rows import CLASSIFY_RESULTS, CLASSIFY_ROWS, PARTS, read_results
from training import add_options, parsed, stopping_cleanly, store, train_missing
from wording import LANGUAGES

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.inputs import TextPair
from spanloom.metrics.labels import label_scorecard
from spanloom.tasks import find_task

PEER = "TF-IDF + logistic regression"


def measure_peers(data: Path) -> dict[str, Any]:
    """Words and word pairs by TF-IDF into a logistic regression, with scikit-learn's defaults, on both data sets."""
    found: dict[str, Any] = {}
    for name in ("polarity", "mrpc"):
        train_part, dev = (list(find_task("classify").read(data / part, DataConfig())) for part in PARTS[name])
        began = time.perf_counter()
        answers = tf_idf_regression(train_part, dev)
        seconds = time.perf_counter() - began
        scores = label_scorecard(dev, answers)["overall"]
        found[name] = {"scores": scores, "seconds": seconds, "version": installed("scikit-learn")}
    return {"peer": PEER, "threads": 1, "data": found, **surroundings()}


def tf_idf_regression(train_part: Sequence[Example], dev: Sequence[Example]) -> list[Label]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000))
    model.fit([as_text(example) for example in train_part], [example.gold.names[0] for example in train_part])
    return [Label((name,)) for name in model.predict([as_text(example) for example in dev]).tolist()]


def as_text(example: Example) -> str:
    """The text, or both of a pair one behind the other."""
    item = example.input
    return f"{item.first.text} {item.second.text}" if isinstance(item, TextPair) else str(item.text)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train and table the classification benchmark.")
    add_options(parser, CLASSIFY_ROWS, CLASSIFY_RESULTS)
    parser.add_argument("--peers", action="store_true", help="instead: TF-IDF with logistic regression")
    options = parsed(parser, arguments)
    with stopping_cleanly():
        if options.peers:
            store(options.results / "peers.json", measure_peers(options.data))
        elif not options.table:
            train_missing(options.rows, options)
    words = LANGUAGES["en"]
    for table in (
        plain_table(CLASSIFY_ROWS, read_results(options.results, CLASSIFY_ROWS), words),
        one_peer_table(options.results, words),
    ):
        print("\n".join(table) + "\n")


if __name__ == "__main__":
    main()
