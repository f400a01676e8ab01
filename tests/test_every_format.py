"""What every format must keep, whatever it is: a file in `read/` is all that a test here needs to find it.

Each is put to the test on its sample in `benchmarks/attacks/samples.py`, which a new format must bring.
"""

from __future__ import annotations

import copy
import gzip
import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

import spanloom.read
from benchmarks.attacks.samples import SAMPLES, Sample
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError, SpanloomError
from spanloom.read import detect, formats, read
from spanloom.read.parts.format import Format
from spanloom.tasks import find_task

NAMES = [module.name for module in pkgutil.iter_modules(spanloom.read.__path__) if not module.ispkg]
MARK = b"\xef\xbb\xbf"
STEPS = {"cas": 13, "a.spacy": 5}
"""Every how many bytes what a slow library reads is cut, by what is opened."""


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """The name of a module that is a format."""
    return request.param


@pytest.fixture
def form(name: str) -> Format:
    found = importlib.import_module(f"spanloom.read.{name}").FORMAT
    assert isinstance(found, Format)
    return found


@pytest.fixture
def sample(name: str) -> Sample:
    return SAMPLES[name]


@pytest.fixture
def path(sample: Sample, tmp_path: Path) -> Path:
    """The sample, written: what is to be opened."""
    return sample.write(tmp_path)


def is_binary(sample: Sample) -> bool:
    return any(isinstance(content, bytes) for content in sample.files.values())


def examples(path: Path, form: Format, data_format: str = "auto") -> list[Example]:
    return list(read(path, DataConfig(format=data_format), form.answer, form.input))


def holds_something(answer: Any) -> bool:
    """Whether any field of an answer, or of an answer in it, is not empty."""
    values = [getattr(answer, field.name) for field in fields(answer)]
    return any(holds_something(value) if is_dataclass(value) else bool(value) for value in values)


def test_each_sample_is_of_a_format() -> None:
    assert sorted(SAMPLES) == sorted(NAMES)


def test_it_has_what_makes_a_format(form: Format) -> None:
    assert isinstance(form.name, str)
    assert isinstance(form.shape, str)
    assert isinstance(form.answer, type)
    assert callable(form.read)
    assert form.fit("") >= 0
    assert form is formats(form.answer, form.input)[form.name]  # no other of this name has the same answers


def test_its_content_tells_it(form: Format, path: Path) -> None:
    known = formats(form.answer, form.input)
    claiming = [name for name, other in known.items() if other.claims(path)]
    if path.is_file() and not claiming:
        assert detect(path.read_text(encoding="utf-8"), path, known) == form.name
    else:
        assert claiming == [form.name]


def test_it_is_read_without_a_setting_and_gives_gold(form: Format, sample: Sample, path: Path) -> None:
    found = examples(path, form)
    assert found
    assert all(type(example.gold) is form.answer and not example.lost for example in found)
    assert any(holds_something(example.gold) for example in found)
    assert all(Path(example.source.path).is_relative_to(path) for example in found)
    assert len(list(find_task(sample.task).read(path, DataConfig()))) == len(found)


@pytest.mark.parametrize(
    "change",
    [gzip.compress, MARK.__add__, lambda content: gzip.compress(MARK + content)],
    ids=["packed", "mark", "mark packed"],
)
def test_packed_or_with_a_byte_order_mark_it_says_the_same(
    change: Callable[[bytes], bytes], form: Format, sample: Sample, path: Path, tmp_path: Path
) -> None:
    if is_binary(sample):
        pytest.skip("it is no text, and packed already")
    expected = examples(path, form)
    for file in sample.files:
        content = (tmp_path / file).read_bytes()
        (tmp_path / file).write_bytes(change(content))
    assert examples(path, form) == expected


@pytest.mark.parametrize("byte", [b"\xff", b"\0"])
def test_what_is_no_text_is_refused_with_its_line(
    byte: bytes, form: Format, sample: Sample, path: Path, tmp_path: Path
) -> None:
    if is_binary(sample):
        pytest.skip("it is no text, and has no lines")
    for name in sample.files if sample.opened else ():
        file = tmp_path / name
        content = file.read_bytes()
        file.write_bytes(content.rstrip(b"\n") + byte + b"\n")
        with pytest.raises(DataError) as caught:
            examples(path, form)
        assert caught.value.where == f"{file}:{content.rstrip().count(bytes([10])) + 1}"
        file.write_bytes(content)


def test_cut_short_anywhere_it_is_read_or_refused_by_its_name(
    form: Format, sample: Sample, path: Path, tmp_path: Path
) -> None:
    refused = []
    for name in sample.files:
        content = (tmp_path / name).read_bytes()
        for end in range(0, len(content), STEPS.get(sample.open, 1)):
            (tmp_path / name).write_bytes(content[:end])
            try:
                examples(path, form)
            except SpanloomError as error:  # a ConfigError where what is left needs a setting
                refused.append(error)
        (tmp_path / name).write_bytes(content)
    assert [str(error) for error in refused if not error.where.startswith(str(path))] == []


@pytest.mark.parametrize("name", [name for name in SAMPLES if SAMPLES[name].open.endswith((".json", ".jsonl"))])
def test_json_cut_short_anywhere_is_refused_with_its_line(form: Format, path: Path) -> None:
    content = path.read_bytes().rstrip()
    assert b"\n" not in content
    for end in range(1, len(content)):
        path.write_bytes(content[:end])
        with pytest.raises(DataError) as caught:
            examples(path, form, form.name)  # of too little of an object no format can be told
        assert caught.value.where == f"{path}:1", end


ODD = (True, None, 1, 1.5, "x", "", [], [[]], [None], {}, {"a": 1}, [{}], [1], 10**30)
GONE = object()


def damaged(value: Any, odd: Any) -> Iterator[Any]:
    """The value with an odd one in each place of it in turn, itself among them; without each entry where `GONE`."""
    if odd is not GONE:
        yield odd
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            if odd is GONE:
                left = copy.copy(value)
                del left[key]
                yield left
            for inner in damaged(value[key], odd):
                changed: Any = copy.copy(value)
                changed[key] = inner
                yield changed


def misspelt(value: Any) -> Iterator[tuple[str, Any]]:
    """The value with one key of an object in it misspelt, each in turn, beside what that key is then."""
    if isinstance(value, dict):
        for key in value:
            for wrong in (key[:-1] if key.endswith("s") else f"{key}s", key[1:] + key[0]):
                yield wrong, {wrong if other == key else other: inner for other, inner in value.items()}
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        for wrong, inner in misspelt(value[key]):
            changed: Any = copy.copy(value)
            changed[key] = inner
            yield wrong, changed


@pytest.mark.parametrize("name", [name for name in SAMPLES if SAMPLES[name].open.endswith((".json", ".jsonl"))])
def test_gold_under_a_misspelt_key_is_refused_or_told_of(path: Path, name: str) -> None:
    """It is never passed over without a word. A key that is itself a label is another label then."""
    task, content = find_task(SAMPLES[name].task), json.loads(path.read_text(encoding="utf-8"))
    whole = [example.gold for example in task.read(path, DataConfig())]
    for wrong, changed in misspelt(content):
        path.write_text(json.dumps(changed), encoding="utf-8")
        try:
            found = list(task.read(path, DataConfig()))
        except SpanloomError:
            continue
        golds = [example.gold for example in found]
        assert golds == whole or any(one.lost or one.mended for one in found) or repr(wrong) in repr(golds), wrong


@pytest.mark.parametrize("name", [name for name in SAMPLES if SAMPLES[name].open.endswith((".json", ".jsonl"))])
def test_json_with_anything_anywhere_is_read_or_refused(path: Path, name: str) -> None:
    """By every task's reader: what is read, or one sentence; nothing that it stumbles over."""
    task, content = find_task(SAMPLES[name].task), json.loads(path.read_text(encoding="utf-8"))
    tried = 0
    for odd in (*ODD, GONE):
        for changed in damaged(content, odd):
            path.write_text(json.dumps(changed), encoding="utf-8")
            with suppress(SpanloomError):
                list(task.read(path, DataConfig()))
            tried += 1
    assert tried > len(ODD)
