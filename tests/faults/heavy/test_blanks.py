"""Blanks by the megabyte, and other runs of one character, cost no more than their length, whatever reads them."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from spanloom.answers.frame import Frame
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.rewrite import Rewrite
from spanloom.answers.surprisal import Surprisal
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.errors import SpanloomError
from spanloom.inputs import Relation
from spanloom.read import detect, formats, read

ANSWERS = (Graph, Tags, Label, Relation, Frame, Rewrite, Surprisal)
MEGABYTES = 10
SECONDS = 10  # they take a tenth of it; what was quadratic took hours


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("text", [" ", "\t", "\u00a0", " \t\n"])
def test_ten_megabytes_of_blanks(tmp_path: Path, answer: type, text: str) -> None:
    path = tmp_path / "x.dat"
    with path.open("w", encoding="utf-8") as file:
        for _ in range(MEGABYTES):
            file.write(text * (1_000_000 // len(text)))
    start = time.perf_counter()
    for name in ["auto", *(formats(answer) if text == " " else [])]:
        with pytest.raises(SpanloomError):
            list(read(path, DataConfig(format=name), answer))
    assert time.perf_counter() - start < SECONDS


RUNS = {
    "spaces, then a letter": " " * 400_000 + "x",
    "an open list": "[" + " " * 400_000,
    "an open list of an open object": "[ " + " " * 400_000 + "{" + " " * 400_000,
    "a key and blanks": '{"text"' + " " * 400_000 + ": 1}",
    "escaped quote marks": '{"' + '\\"' * 200_000,
    "quote marks": '"' * 400_000,
    "quoted cells": ',""' * 100_000,
    "open objects": '{"a":' * 100_000,
    "digits before a mark": "1" * 400_000 + "<e1>a</e1> <e2>b</e2>",
    "comment": "<e1>a</e1> <e2>b</e2>\ncomment" + " " * 400_000,
    "labels": "__label__a " * 40_000,
    "a delimiter said": "sep=;" + " " * 400_000 + "x",
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("run", RUNS)
def test_telling_the_format_of_runs(answer: type, run: str) -> None:
    start = time.perf_counter()
    with contextlib.suppress(SpanloomError):
        detect(RUNS[run], Path("x"), formats(answer))
    assert time.perf_counter() - start < SECONDS


@pytest.mark.parametrize("run", ["digits before a mark", "comment"])
def test_marked_sentences_with_runs(tmp_path: Path, run: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text(RUNS[run])
    start = time.perf_counter()
    list(read(path, DataConfig(max_characters=1_000_000), Relation))
    assert time.perf_counter() - start < SECONDS


def test_sentences_of_blank_tokens_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.conll"
    path.write_text("Oslo\tB-LOC\n" + "\tO\n\n" * 100_000)
    start = time.perf_counter()
    (example,) = read(path, DataConfig(repair=True), Tags)
    assert len(example.mended) == 100_000
    assert time.perf_counter() - start < SECONDS
