"""The model in the box: trained from all its sources, and scored on each of them and on the everyday sentences.

    python benchmarks/box.py --data DIR --train CONFIG --output RUN      trains configs/CONFIG.toml, on with --resume
    python benchmarks/box.py --data DIR [--models NAME=PATH …] [--spacy PYTHON MODEL] [--part dev|test]

In a configuration of a box the paths of data begin with DATA or EVERYDAY, which are `--data` and examples/everyday. The
second command scores bundles (or runs) beside the one in the package: each source's dev sentences by what the source
annotates, the everyday ones by language, sentences a second on one thread, and size. `--spacy` scores the names that a
spaCy pipeline finds beside them. What is printed is kept in results/box-PART.json.

Names: first and last character agree with gold's. Kinds: of the names found, those whose kind is gold's. Facts: both
names agree, and so does the relation.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from machine import surroundings
from plain_tables import box_tables
from rows import CONFIGS, REPOSITORY, RESULTS
from training import store
from unannotated import SPANLOOM, environment
from wording import LANGUAGES

from spanloom.check.data import read_dev
from spanloom.config import load_config
from spanloom.metrics.by_source import score
from spanloom.predict.predictor import Predictor, load
from spanloom.tasks import find_task
from spanloom.write.atomic import atomic_write

EVERYDAY = REPOSITORY / "examples" / "everyday"
TIME = "time"
SPACY_KINDS = {
    "PERSON": "person",
    "ORG": "organization",
    **dict.fromkeys(("GPE", "LOC", "FAC"), "location"),
    **dict.fromkeys(("NORP", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW", "LANGUAGE"), "misc"),
}
"""spaCy's labels as ours. Its dates and times are other things than ours ("yesterday", "two hours"), its quantities no
names, so that spaCy is compared on the rest."""

Place = tuple[int, int]


class Found(NamedTuple):
    """Of one text: the kind of each name by its place in characters, and facts (place, relation, place)."""

    names: dict[Place, str]
    facts: set[tuple[Place, str, Place]]


# ---- the everyday sentences ------------------------------------------------------------------------------------------


def everyday(part: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EVERYDAY / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()]


def gold_of(item: Mapping[str, Any]) -> Found:
    places = [(entity["start"], entity["end"]) for entity in item["entities"]]
    names = {place: entity["label"] for place, entity in zip(places, item["entities"], strict=True)}
    return Found(names, {(places[one["head"]], one["label"], places[one["tail"]]) for one in item["relations"]})


def answer_of(answer: Any) -> Found:
    names = {(entity.start, entity.end): entity.label for entity in answer.entities}
    facts = {((one.head.start, one.head.end), one.label, (one.tail.start, one.tail.end)) for one in answer.relations}
    return Found(names, facts)


def without_times(found: Found) -> Found:
    return Found({place: kind for place, kind in found.names.items() if kind != TIME}, found.facts)


def scored(gold: Sequence[Found], answers: Sequence[Found]) -> dict[str, Any]:
    """Names by place, kinds of those found, facts; as shares of 1."""
    both = list(zip(gold, answers, strict=True))
    found = [(one.names[place], other.names[place]) for one, other in both for place in one.names.keys() & other.names]
    right = sum(kind == other for kind, other in found)
    return {
        "names": rates(len(found), sum(len(one.names) for one in gold), sum(len(one.names) for one in answers)),
        "kinds": right / len(found) if found else 0.0,
        "facts": rates(
            sum(len(one.facts & other.facts) for one, other in both),
            sum(len(one.facts) for one in gold),
            sum(len(one.facts) for one in answers),
        ),
    }


def rates(right: int, gold: int, answered: int) -> dict[str, Any]:
    precision, recall = right / answered if answered else 0.0, right / gold if gold else 0.0
    f1 = 2 * right / (gold + answered) if gold + answered else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "right": right, "gold": gold, "answered": answered}


def by_language(items: Sequence[Mapping[str, Any]], answers: Sequence[Found]) -> dict[str, Any]:
    """Scores by language; of English also without times, as spaCy is scored."""
    gold = [gold_of(item) for item in items]
    found: dict[str, Any] = {}
    for language in dict.fromkeys(item["language"] for item in items):
        rows = [number for number, item in enumerate(items) if item["language"] == language]
        found[language] = scored([gold[row] for row in rows], [answers[row] for row in rows])
    english = [number for number, item in enumerate(items) if item["language"] == "en"]
    timeless = [[without_times(side[row]) for row in english] for side in (gold, answers)]
    return {**found, "en without times": scored(*timeless)}


# ---- models ----------------------------------------------------------------------------------------------------------


def measured(name: str, path: Path | None, part: str, data: Path | None) -> dict[str, Any]:
    """A model on the everyday sentences, on the dev part of each source, and how large and how fast it is."""
    predictor = load(path, threads=1)
    items = everyday(part)
    texts = [item["text"] for item in items]
    answers = [answer_of(answer) for answer in predictor(texts)]
    english = [item["text"] for item in items if item["language"] == "en"]
    start = time.process_time()  # of the processor: others may be at work beside it
    for text in english:
        predictor(text)
    seconds = time.process_time() - start
    size = sum(file.stat().st_size for file in predictor.source.iterdir() if file.is_file())
    found = {"everyday": by_language(items, answers), "bytes": size, "sentences_a_second": len(english) / seconds}
    if data is not None and TIME in predictor.codec.known()["entity label"]:  # not of other labels altogether
        found["sources"] = on_sources(predictor, configuration("box", data))
    return {"name": name, **found}


def on_sources(predictor: Predictor[Any], config_file: Path) -> dict[str, Any]:
    """F1 of entities and relations on each source's dev sentences, by what the source annotates."""
    task = find_task("joint")
    config = load_config(config_file, [], lambda name: find_task(name).config)
    part = read_dev(task, config)
    assert part is not None, "the box has dev data"
    predictions = list(predictor.predict_inputs(example.input for example in part.examples))
    sources = score(task, part.examples, predictions, predictor.codec)["sources"]
    return {
        name: {kind: card[kind]["strict"]["f1"] for kind in ("entities", "triples") if card["size"][kind]}
        for name, card in sources.items()
    }


def spacy_names(python: str, model: str, part: str) -> dict[str, Any]:
    """The names that a spaCy pipeline finds in the English sentences, scored without times."""
    items = [item for item in everyday(part) if item["language"] == "en"]
    program = Path(__file__).with_name("peers") / "spacy_names.py"
    texts = json.dumps([item["text"] for item in items])
    done = subprocess.run(
        [python, str(program), model], input=texts, capture_output=True, text=True, check=True, env=environment(1)
    )
    found = json.loads(done.stdout)
    answers = [
        Found({(start, end): SPACY_KINDS[label] for start, end, label in names if label in SPACY_KINDS}, set())
        for names in map(trimmed, found["names"], (item["text"] for item in items))
    ]
    gold = [without_times(gold_of(item)) for item in items]
    rate = len(items) / found["seconds"]
    return {
        "name": f"spaCy {found['version']}, {found['model']}",
        "everyday": {"en without times": scored(gold, answers)},
        "sentences_a_second": rate,
    }


def trimmed(names: Iterable[Sequence[Any]], text: str) -> list[tuple[int, int, str]]:
    """spaCy's names by our rules: without the article in front and the 's behind, which it counts in."""
    found = []
    for start, end, label in names:
        surface = text[start:end]
        for article in ("the ", "The ", "a ", "A ", "an "):
            if surface.startswith(article):
                start += len(article)
        for ending in ("'s", "\N{RIGHT SINGLE QUOTATION MARK}s"):
            if surface.endswith(ending):
                end -= len(ending)
        found.append((start, end, label))
    return found


# ---- training --------------------------------------------------------------------------------------------------------


def configuration(name: str, data: Path, folder: Path = Path("runs/benchmarks/box")) -> Path:
    """A configuration of the box with the paths of its data filled in."""
    text = (CONFIGS / f"{name}.toml").read_text(encoding="utf-8")
    places = {"DATA": data.absolute(), "EVERYDAY": EVERYDAY}
    for word, place in places.items():
        text = text.replace(f'"{word}/', f'"{place}/')
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.toml"
    atomic_write(file, text)
    return file


def train(options: argparse.Namespace) -> None:
    """`spanloom train` on a configuration of the box, on from its last checkpoint where there is one."""
    file = configuration(options.train, options.data)
    command = ["train", str(file), "--output", str(options.output), *options.set]
    command += ["--resume"] if options.output.exists() else []
    subprocess.run([sys.executable, "-c", SPANLOOM, *command], check=True, env=environment(options.threads))


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description="Train the model in the box, and score it beside others.")
    made.add_argument("--data", type=Path, metavar="DIR", help="the folder with conll03/, conll04/, … in it")
    made.add_argument("--train", metavar="CONFIG", help="train configs/CONFIG.toml, and score nothing")
    made.add_argument("--output", type=Path, metavar="RUN", help="where to train it")
    made.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="settings of the training")
    made.add_argument("--threads", type=int, default=1)
    made.add_argument("--models", nargs="*", default=[], metavar="NAME=PATH", help="to score beside the one in the box")
    made.add_argument("--spacy", nargs=2, metavar=("PYTHON", "MODEL"), help="a spaCy pipeline, to score its names")
    made.add_argument("--part", choices=("dev", "test"), default="dev", help="of the everyday sentences")
    made.add_argument("--results", type=Path, default=RESULTS.parent, metavar="DIR")
    made.add_argument("--table", action="store_true", help="only print the table of what is there")
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    if options.train:
        if options.data is None or options.output is None:
            parser().error("--train needs --data DIR and --output RUN")
        train(options)
        return
    file = options.results / f"box-{options.part}.json"
    if not options.table:
        models: list[tuple[str, Path | None]] = [("in the package", None)]
        models += [(name, Path(path)) for name, _, path in (one.partition("=") for one in options.models)]
        found = [measured(name, path, options.part, options.data) for name, path in models]
        if options.spacy:
            found.append(spacy_names(*options.spacy, options.part))
        store(file, {"models": found, **surroundings()})
    print("\n".join(box_tables(options.results, LANGUAGES["en"])))


if __name__ == "__main__":
    main()
