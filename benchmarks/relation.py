"""Relations between marked spans: trains each row of the table over several seeds.

    python benchmarks/relation.py --data DIR [--rows semeval-rnn,semeval-minilm] [--seeds 0,1,2] [--threads 2]

`README.md` beside this file says more.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from plain_tables import plain_table
from rows import RELATION_RESULTS, RELATION_ROWS, read_results
from training import add_options, parsed, stopping_cleanly, train_missing
from wording import LANGUAGES


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train and table the relation benchmark.")
    add_options(parser, RELATION_ROWS, RELATION_RESULTS)
    options = parsed(parser, arguments)
    with stopping_cleanly():
        if not options.table:
            train_missing(options.rows, options)
    results = read_results(options.results, RELATION_ROWS)
    print("\n".join(plain_table(RELATION_ROWS, results, LANGUAGES["en"])) + "\n")


if __name__ == "__main__":
    main()
