"""Long texts: what windows miss, what a second look at distant pairs finds, and what it costs.

    python benchmarks/long_texts.py --data DIR                                  # relations that no window holds
    python benchmarks/long_texts.py --data DIR --model RUN… [--classifier RUN]  # and what models make of long texts

RUN is a run folder or a bundle, trained on CoNLL04 (`conll04-minilm`; of several the mean is shown) and on polarity
(`polarity-minilm`). `README.md` beside this file says more.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

from machine import surroundings
from rows import PARTS, RESULTS
from training import store

from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.inputs import Relation, Span, Text, Token
from spanloom.metrics.labels import label_scorecard
from spanloom.metrics.scorecard import joint_scorecard
from spanloom.predict.predictor import Predictor, SecondLook, load
from spanloom.predict.reading import Reading
from spanloom.tasks import find_task
from spanloom.text.windows import windows_of

OUTPUT = RESULTS.parent / "long_texts.json"
DOCUMENTS = "redocred/train.json"
WINDOWS = [*((200, sentences) for sentences in (1, 2, 3, 5, 8)), *((words, None) for words in (50, 100, 200))]
TOGETHER = 8
"""Sentences of CoNLL04 in a document."""
NARROW = (16, 24)
"""Words that a model is made to read at once."""
LOOKS: tuple[SecondLook, ...] = ("off", "auto", "all")
LABELLED = (5, 10, 20)
"""Sentences of one class in a document."""


def apart(documents: Sequence[Example], words: int, sentences: int | None) -> int:
    """How many gold relations no window of so many words and sentences holds."""
    missed = 0
    for example in documents:
        windows = windows_of(example.input, words, sentences)
        missed += sum(not _held(relation, windows) for relation in example.gold.relations)
    return missed


def _held(relation: Relation, windows: Iterable[tuple[int, int]]) -> bool:
    first, last = (side((relation.head.start, relation.tail.start)) for side in (min, max))
    end = max(relation.head.end, relation.tail.end)
    return any(low <= first and last < high and end <= high for low, high in windows)


def measure_windows(data: Path) -> dict[str, Any]:
    documents = list(find_task("joint").read(data / DOCUMENTS, DataConfig()))
    total = sum(len(example.gold.relations) for example in documents)
    rows = [
        {"words": words, "sentences": sentences, "apart": apart(documents, words, sentences)}
        for words, sentences in WINDOWS
    ]
    return {"documents": len(documents), "relations": total, "windows": rows}


def glued(examples: Sequence[Example], between: str = "\n") -> Example:
    """One document of several sentences, a sentence a line, with the graphs of all."""
    text, tokens, spans, relations = "", [], [], []
    for example in examples:
        text += between if text else ""
        by, letters = len(tokens), len(text)

        def moved(span: Span, by: int = by) -> Span:
            return replace(span, start=span.start + by, end=span.end + by)

        tokens += [Token(token.text, token.start + letters, token.end + letters) for token in example.input.tokens]
        text += example.input.text
        if isinstance(example.gold, Graph):
            spans += map(moved, example.gold.spans)
            relations += [
                replace(item, head=moved(item.head), tail=moved(item.tail)) for item in example.gold.relations
            ]
    gold = Graph(tuple(spans), tuple(relations)) if isinstance(examples[0].gold, Graph) else examples[0].gold
    return Example(Text(text, tuple(tokens)), gold, examples[0].source)


def grouped(examples: Sequence[Example], size: int) -> list[Example]:
    return [glued(examples[start : start + size]) for start in range(0, len(examples), size)]


def measure_looks(data: Path, model: Path) -> list[dict[str, Any]]:
    """Relations found on dev documents, and on dev sentences through narrow windows, by each way of looking again."""
    predictor = load(model, threads=1)
    codec: Any = predictor.codec
    sentences = list(find_task("joint").read(data / PARTS["conll04"][1], DataConfig(repair=True)))
    whole = codec.max_words
    cases = [(f"documents of {TOGETHER} sentences", grouped(sentences, TOGETHER), whole)]
    cases += [(f"sentences through {words} words", sentences, words) for words in NARROW]
    found = [scored(predictor, "sentences at once", sentences, "off")]
    for name, examples, words in cases:
        codec.max_words = words
        found += [scored(predictor, name, examples, look) for look in LOOKS]
    return found


def scored(predictor: Predictor, name: str, examples: Sequence[Example], look: SecondLook) -> dict[str, Any]:
    print(f"{predictor.source.name}: {name}, second look {look}", file=sys.stderr, flush=True)
    predictor.second_look, reading, began = look, Reading(), time.perf_counter()
    answers = list(predictor.predict_inputs((example.input for example in examples), reading))
    seconds = time.perf_counter() - began
    score = joint_scorecard(examples, answers)["triples"]["strict"]
    kept = {key: score[key] for key in ("precision", "recall", "f1", "tp", "predicted", "gold")}
    return {"texts": name, "look": look, **kept, "read": reading.to_dict(), "seconds": round(seconds, 1)}


def measure_classes(data: Path, model: Path) -> list[dict[str, Any]]:
    """Accuracy on documents of dev sentences of one class: their beginning alone, and all of them in windows."""
    predictor = load(model, threads=1)
    dev = list(find_task("classify").read(data / PARTS["polarity"][1], DataConfig()))
    found = []
    for size in LABELLED:
        documents = []
        for name in sorted({example.gold.names[0] for example in dev}):
            documents += grouped([example for example in dev if example.gold == Label((name,))], size)
        reading = Reading()
        limit = predictor.codec.max_words  # type: ignore[attr-defined]
        beginnings = [replace(item.input, tokens=item.input.tokens[:limit]) for item in documents]
        ways = {
            "beginning": list(predictor.predict_inputs(beginnings)),
            "windows": list(predictor.predict_inputs((item.input for item in documents), reading)),
        }
        right = {way: label_scorecard(documents, answers)["overall"]["accuracy"]["f1"] for way, answers in ways.items()}
        found.append({"sentences": size, **right, "read": reading.to_dict()})
    return found


def tables(found: dict[str, Any]) -> list[str]:
    """What was measured, as Markdown."""
    lines = []
    if "documents" in found:
        total = found["documents"]["relations"]
        lines += ["| window | relations of Re-DocRED that none holds |", "|---|---|"]
        for row in found["documents"]["windows"]:
            unit = (
                f"{row['words']} words"
                if row["sentences"] is None
                else f"{row['sentences']} sentence{'s' * (row['sentences'] > 1)}"
            )
            lines.append(f"| {unit} | {row['apart']:,} of {total:,} ({row['apart'] / total:.1%}) |")
    if "looks" in found:
        lines += ["", "| texts | second look | P | R | F1 | pairs scored | excerpts | found | not scored | seconds |"]
        lines.append("|---|---|---|---|---|---|---|---|---|---|")
        for same in zip(*found["looks"], strict=True):
            score = " | ".join(f"{100 * mean(row[key] for row in same):.1f}" for key in ("precision", "recall", "f1"))
            read = [row["read"] for row in same]
            unscored = mean(each.get("untried", 0) + each.get("beyond", 0) for each in read)
            counts = [*(mean(each.get(key, 0) for each in read) for key in ("pairs", "excerpts", "found")), unscored]
            said = " | ".join(f"{count:,.0f}" for count in (*counts, mean(row["seconds"] for row in same)))
            lines.append(f"| {same[0]['texts']} | {same[0]['look']} | {score} | {said} |")
    if "classes" in found:
        lines += ["", "| sentences of one class | longer than the model reads | beginning alone | in windows |"]
        lines.append("|---|---|---|---|")
        for row in found["classes"]:
            read = row["read"]
            longer = f"{read['windowed']} of {read['inputs']}"
            lines.append(
                f"| {row['sentences']} | {longer} | {100 * row['beginning']:.1f} | {100 * row['windows']:.1f} |"
            )
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure what becomes of long texts.")
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data sets")
    parser.add_argument("--model", type=Path, nargs="+", default=[], help="runs or bundles trained on CoNLL04")
    parser.add_argument("--classifier", type=Path, help="one that was trained on polarity")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the JSON to write")
    options = parser.parse_args(arguments)
    found: dict[str, Any] = {"documents": measure_windows(options.data)}
    if options.model:
        found["looks"] = [measure_looks(options.data, model) for model in options.model]
    if options.classifier is not None:
        found["classes"] = measure_classes(options.data, options.classifier)
    store(options.output, {**found, **surroundings()})
    print("\n".join(tables(found)))


if __name__ == "__main__":
    main()
