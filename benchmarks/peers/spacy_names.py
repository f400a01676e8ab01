"""The names that a spaCy pipeline finds. A program of its own, as its Python may be another than ours.

    PYTHON spacy_names.py MODEL < texts.json > names.json

texts.json: a list of texts. names.json: for each a list of [start, end, label] in characters, and under "seconds" how
long the processor took. MODEL: what `spacy.load` takes. Needs spaCy, and nothing of spanloom.
"""

import json
import sys
import time

import spacy  # type: ignore[import-not-found]


def main() -> None:
    model = spacy.load(sys.argv[1])
    texts = json.load(sys.stdin)
    list(model.pipe(texts[:20]))
    start = time.process_time()
    documents = [model(text) for text in texts]
    seconds = time.process_time() - start
    names = [[[item.start_char, item.end_char, item.label_] for item in document.ents] for document in documents]
    found = {"names": names, "seconds": seconds, "model": f"{model.meta['name']} {model.meta['version']}"}
    json.dump({**found, "version": spacy.__version__}, sys.stdout)


if __name__ == "__main__":
    main()
