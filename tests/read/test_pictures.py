"""Pictures in folders, lines and tables: what is read, with which gold, and what is refused."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Image
from spanloom.read import format_of, formats, read


def examples(path: Path, **settings: Any) -> list[Example]:
    return list(read(path, DataConfig(**settings), Label, Image))


def shown(path: Path, **settings: Any) -> list[tuple[str, tuple[str, ...] | None]]:
    """Names from the folder of the file, and labels."""
    home = path if path.is_dir() else path.parent
    return [
        (str(Path(item.input.name).relative_to(home)), item.gold and item.gold.names)
        for item in examples(path, **settings)
    ]


def files(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"no reader opens this")
    return folder


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


# ---- folders ---------------------------------------------------------------------------------------------------------


def test_a_folder_is_a_class_however_deep_its_pictures_lie(tmp_path: Path) -> None:
    files(tmp_path, "dog/2.png", "dog/10.JPG", "dog/far/away/1.webp", "cat/1.gif", "cat/notes.txt", ".git/1.png")
    files(tmp_path, "cat/.hidden.png", "README.md")
    assert shown(tmp_path) == [
        ("cat/1.gif", ("cat",)),
        ("dog/10.JPG", ("dog",)),
        ("dog/2.png", ("dog",)),
        ("dog/far/away/1.webp", ("dog",)),
    ]
    assert str(examples(tmp_path)[0].source) == f"{tmp_path}/cat/1.gif:1"


def test_pictures_alone_have_no_gold(tmp_path: Path) -> None:
    files(tmp_path, "b.png", "a.bmp", "notes/readme.txt")
    assert shown(tmp_path) == [("a.bmp", None), ("b.png", None)]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["cat/1.png", "2.png"], "1 picture beside the folder 'cat', which holds some too"),
        (["cat/1.png", "dog/x.txt"], "the folder of the class 'dog' has no picture in it"),
        (["cat/1.png", "cat/2.tiff"], r"cat/2.tiff: a .tiff file; JPEG, PNG, WebP, BMP or GIF"),
        (["cat/1.png", "cat/2.heic"], r"a .heic file"),
    ],
)
def test_what_would_be_passed_over_is_said(names: list[str], message: str, tmp_path: Path) -> None:
    files(tmp_path, *names)
    with pytest.raises(DataError, match=message):
        examples(tmp_path)


def test_a_folder_without_pictures_is_none(tmp_path: Path) -> None:
    files(tmp_path, "cat/1.txt")
    assert not any(one.claims(tmp_path) for one in formats(Label, Image).values())
    with pytest.raises(DataError, match="is a directory"):
        examples(tmp_path)
    with pytest.raises(DataError, match="is no folder"):
        examples(files(tmp_path, "a.jsonl") / "a.jsonl", format="folders")


# ---- lines -----------------------------------------------------------------------------------------------------------


def lines(folder: Path, *items: Mapping[str, Any], name: str = "a.jsonl") -> Path:
    return written(folder, name, "".join(json.dumps(item) + "\n" for item in items))


@pytest.mark.parametrize("key", ["image", "path", "file", "file_name", "filename", "image_path", "picture"])
def test_a_line_names_a_picture_and_its_class(key: str, tmp_path: Path) -> None:
    path = lines(tmp_path, {key: "cats/1.png", "label": "cat", "id": 7}, {key: "../b.jpg", "label": 3})
    found = examples(path)
    assert [item.input.name for item in found] == [f"{tmp_path}/cats/1.png", f"{tmp_path.parent}/b.jpg"]
    assert [item.gold for item in found] == [Label(("cat",)), Label(("3",))]
    assert str(found[1].source) == f"{path}:2"
    assert [dict(item.fields) for item in found] == [{"id": 7}, {}]


def test_a_line_may_have_several_labels_or_none_or_no_gold(tmp_path: Path) -> None:
    path = lines(tmp_path, {"image": "1.png", "labels": ["b", {"label": "a"}]}, {"image": "2.png", "labels": []})
    assert shown(path) == [("1.png", ("a", "b")), ("2.png", ())]
    assert shown(lines(tmp_path, {"image": "1.png"})) == [("1.png", None)]


def test_a_prediction_is_read_as_gold_again(tmp_path: Path) -> None:
    heat = {"values": [[0, 100]], "box": [0, 0, 9, 9]}
    path = lines(tmp_path, {"image": "1.png", "labels": [{"label": "a", "score": 0.9}], "heat": heat})
    assert examples(path)[0].gold.scores == (0.9,)


def test_the_bytes_may_stand_in_the_line(tmp_path: Path) -> None:
    uri = f"data:image/png;base64,{base64.b64encode(b'bytes').decode()}"
    assert examples(lines(tmp_path, {"image": uri, "label": "a"}))[0].input == Image("", b"bytes")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"image": "", "label": "a"}, "the picture is ''; the path of a file"),
        ({"image": 5, "label": "a"}, "'image' is 5; a string"),
        ({"image": "a.png", "path": "b.png", "label": "a"}, "'image' and 'path' together; the picture under one key"),
        ({"image": "data:text/plain,x", "label": "a"}, "a URI that begins with 'data:text/plain,x'"),
        ({"image": "data:image/png;base64,=x=", "label": "a"}, "base64 that is broken"),
        ({"image": "a.png", "label": "a", "labels": []}, "both 'label' and 'labels'"),
        ({"image": "a.png", "lable": "a"}, "unknown key 'lable'; did you mean 'label'?"),
        ({"image": "a.png", "label": ["a"]}, r"'label' is \['a'\]"),
    ],
)
def test_a_line_that_will_not_do_is_cited(item: Mapping[str, Any], message: str, tmp_path: Path) -> None:
    path = lines(tmp_path, {"image": "1.png", "label": "a"}, item)
    with pytest.raises(DataError, match=rf"^{re.escape(str(path))}:2: {message}"):
        examples(path)


def test_lines_of_texts_are_no_pictures(tmp_path: Path) -> None:
    path = lines(tmp_path, {"text": "see photo.jpg", "label": "a", "path": "notes"})
    with pytest.raises(DataError, match="no known format"):
        examples(path)
    assert format_of(path, DataConfig(), Label).name == "spanloom"


# ---- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("image,label\n1.png,cat\nx/2.jpg,dog\n", {}),
        ("label;path;size\ncat;1.png;3\ndog;x/2.jpg;4\n", {}),
        ("1.png\tcat\nx/2.jpg\tdog\n", {}),
        ("cat,1.png\ndog,x/2.jpg\n", {}),
        ("what,where,why\ncat,1.png,a\ndog,x/2.jpg,b\n", {"text_column": "where", "label_column": "what"}),
        ("a,1.png,cat\na,x/2.jpg,dog\n", {"label_column": -1}),
        ('image,label\n"1.png",cat\n"x/2.jpg",dog\n', {}),
    ],
)
def test_a_table_is_told_by_its_header_or_its_content(text: str, settings: Mapping[str, Any], tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", text)
    assert shown(path, **settings) == [("1.png", ("cat",)), ("x/2.jpg", ("dog",))]


def test_a_column_of_labels_has_several_in_a_cell(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "image,labels\n1.png,dog|cat\n2.png,\n3.png,cat\n")
    assert shown(path) == [("1.png", ("cat", "dog")), ("2.png", ()), ("3.png", ("cat",))]


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        ("a,b,c\n1.png,x,y\n", {}, r"which columns hold the picture and the label is not clear: \['a', 'b', 'c'\]"),
        ("image,label\n1.png,\n", {}, r"a.csv:2: the label \(column 1\) is empty"),
        ("image,label\n,cat\n1.png,cat\n", {}, "a.csv:2: the picture is ''"),
        ("image,label\n1.png,cat\n2.png,cat,dog\n", {}, r"a.csv:3: a row of 3 columns"),
        ("image,label\n1.png,cat\n", {"label_column": "kind"}, "data.label_column is 'kind'; one of"),
        ("image,label\n1.png,cat\n", {"text_column": 5}, "data.text_column is 5; one of"),
    ],
)
def test_a_table_that_will_not_do_says_why(
    text: str, settings: Mapping[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=message):
        examples(written(tmp_path, "a.csv", text), **settings)
