"""Data in parts that share no document and no text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanloom.answers.label import Label
from spanloom.check.leaks import asked
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Text
from spanloom.run.cli import main
from spanloom.run.documents import documents
from spanloom.run.split import Plan, parted
from spanloom.tasks import find_task
from spanloom.text.words import tokenize

CLASSIFY = find_task("classify")


def example(text: str, number: int, label: str = "a", **fields: Any) -> Example:
    return Example(Text(text, tokenize(text)), Label((label,)), Source("toy", number), fields=fields)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 25)), min_size=30, max_size=80),
    st.sampled_from([(0.1,), (0.2, 0.1), (0.5,)]),
    st.integers(0, 3),
)
def test_no_document_and_no_text_stands_in_two_parts(
    drawn: list[tuple[int, int]], shares: tuple[float, ...], seed: int
) -> None:
    """Texts that differ by case and white space alone are the same, and what two documents share links them."""
    examples = [
        example(f"{'text' if number % 2 else 'Te xt'} {word}", number, doc_id=document)
        for number, (word, document) in enumerate(drawn)
    ]
    plan = Plan(shares, "document", seed)
    try:
        parts = parted(examples, CLASSIFY, DataConfig(), plan)
    except DataError as error:
        if "holds" not in error.found:
            raise
        return  # all of it hangs together
    assert sorted(index for part in parts.indices for index in part) == [*range(len(examples))]
    assert all(parts.indices)
    assert [list(part) for part in parts.indices] == [sorted(part) for part in parts.indices]
    for which in (lambda one: asked(one.input), lambda one: one.fields["doc_id"]):
        seen = [{which(examples[index]) for index in part} for part in parts.indices]
        assert sum(map(len, seen)) == len(set().union(*seen))
    assert parted(examples, CLASSIFY, DataConfig(), plan) == parts


def test_a_part_has_about_its_share() -> None:
    examples = [example(f"text {number}", number, doc_id=number // 4) for number in range(200)]
    parts = parted(examples, CLASSIFY, DataConfig(), Plan((0.2, 0.1)))
    assert [len(part) for part in parts.indices] == [140, 40, 20]
    assert (parts.groups, parts.by, parts.held) == (50, "the field 'doc_id'", 0)
    assert parted(examples, CLASSIFY, DataConfig(), Plan((0.2, 0.1), seed=1)).indices != parts.indices


def test_a_label_of_one_document_alone_is_trained_on_with_all_of_it() -> None:
    """And of two documents with such a label, one is enough."""
    examples = [example(f"text {number}", number, "rare" if number in (0, 9) else "a", doc_id=number // 3)
                for number in range(12)]  # fmt: skip
    for seed in range(8):
        train, dev = parted(examples, CLASSIFY, DataConfig(), Plan((0.5,), "document", seed)).indices
        assert not {0, 9} <= {*dev}
        assert {index // 3 for index in train}.isdisjoint(index // 3 for index in dev)


def test_documents_are_told_by_a_field_by_marks_or_by_files(tmp_path: Path) -> None:
    marked = tmp_path / "a.conll"
    marked.write_text("".join(f"-DOCSTART- O\n\nIda{number} B-Per\n\nBo{number} B-Per\n\n" for number in range(12)))
    read = list(find_task("tag").read(marked, DataConfig()))
    by, named = documents(read, "", "utf-8")
    assert by == "marks in the file"
    assert len({named(one) for one in read}) == 12
    assert named(read[2]) == named(read[3]) != named(read[4])
    files = [Example(one.input, one.gold, Source(f"{number // 2}.ann", 1)) for number, one in enumerate(read)]
    by, named = documents(files, "document", "utf-8")
    assert (by, named(files[3])) == ("their files", "1.ann")
    few = [example(f"text {number}", number, page=number % 3, title="One") for number in range(9)]
    assert documents(few, "", "utf-8")[0] == ""  # of so few no part could be made
    assert documents(few, "document", "utf-8")[0] == "the field 'title'"
    assert documents(few, "page", "utf-8")[0] == "the field 'page'"
    assert documents(few, "text", "utf-8")[0] == ""
    with pytest.raises(
        ConfigError, match=r"--by chapter: no field of this name; one of the fields: page, title\. Name"
    ):
        documents(few, "chapter", "utf-8")
    bare = [example("text", 1)]
    with pytest.raises(ConfigError, match=r"do not say which document an example is of; one of the fields: none\."):
        documents(bare, "document", "utf-8")


# ---- the command -----------------------------------------------------------------------------------------------------


def data(folder: Path) -> Path:
    lines = [
        {"id": number, "text": f"{'Mira' if number % 2 else 'Bo'} came by boat {number} .", "label": "ab"[number % 2],
         "doc_id": number // 2}
        for number in range(40)
    ]  # fmt: skip
    lines.append({"id": 99, "text": "Nobody came .", "doc_id": 50})
    path = folder / "boats.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_command_writes_the_parts_with_all_fields_and_says_what_stayed_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["split", str(data(tmp_path)), "--dev", ".1", "--by", "document", "--task", "classify"]
    assert main(arguments) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"{tmp_path / 'boats.jsonl'}: 40 examples in 20 groups: documents told by the field 'doc_id', and equal texts "
        "stay together",
        "1 example without gold, left out",
        f"{tmp_path / 'boats-train.jsonl'}: 36 examples",
        f"{tmp_path / 'boats-dev.jsonl'}: 4 examples",
    ]
    train, dev = (lines_of(tmp_path / f"boats-{part}.jsonl") for part in ("train", "dev"))
    assert sorted(line["id"] for line in train + dev) == [*range(40)]
    assert {line["doc_id"] for line in train}.isdisjoint(line["doc_id"] for line in dev)
    assert main(arguments) == 2
    assert "boats-train.jsonl: is there already; a new file." in capsys.readouterr().err


def test_three_parts_go_to_a_folder(tmp_path: Path) -> None:
    out = tmp_path / "parts"
    assert (
        main(["split", str(data(tmp_path)), "--dev", ".2", "--test", ".2", "--output", str(out), "-t", "classify"]) == 0
    )
    sizes = {path.name: len(lines_of(path)) for path in out.iterdir()}
    assert sizes == {"boats-train.jsonl": 24, "boats-dev.jsonl": 8, "boats-test.jsonl": 8}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--dev", "1"], "split: a share of 1 for dev and of 0 for test data; more than 0, and together less than 1."),
        (["--dev", "0"], "split: a share of 0 for dev"),
        (["--dev", ".6", "--test", ".5"], "split: a share of 0.6 for dev and of 0.5 for test data"),
        (["--by", "page"], "--by page: no field of this name; one of the fields: id, doc_id."),
        (["--task", "language_model"], "running text, whose parts are no examples; annotated data."),
    ],
)
def test_what_cannot_be_parted(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = [] if "--task" in options else ["--task", "classify"]
    assert main(["split", str(data(tmp_path)), *task, *options]) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["boats.jsonl"]
