from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from spanloom.errors import DataError
from spanloom.text.vectors import read_vectors

GLOVE = "the 0.5 -1 2\ncat 1e-1 0 3.25\n"


@pytest.fixture
def glove(tmp_path: Path) -> Path:
    return written(tmp_path, GLOVE)


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "vectors.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def as_safetensors(folder: Path, words: list[str], vectors: np.ndarray) -> Path:
    path = folder / "vectors.safetensors"
    save_file({"vectors": vectors, "words": np.frombuffer("\n".join(words).encode(), dtype=np.uint8)}, path)
    return path


def test_a_text_file_is_read(glove: Path) -> None:
    words, vectors = read_vectors(glove)
    assert words == ["the", "cat"]
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, [[0.5, -1, 2], [0.1, 0, 3.25]])


@pytest.mark.parametrize(
    "text",
    [
        "2 3\n" + GLOVE,  # word2vec's header
        GLOVE.replace("\n", "\r\n"),
        GLOVE.replace("\n", " \n"),  # a space behind each line
        GLOVE.rstrip("\n"),
    ],
)
def test_dialects_of_text_files_read_the_same(tmp_path: Path, glove: Path, text: str) -> None:
    plain = read_vectors(glove)
    words, vectors = read_vectors(written(tmp_path, text))
    assert words == plain[0]
    np.testing.assert_array_equal(vectors, plain[1])


def test_words_of_any_script_and_broken_ones_are_words(tmp_path: Path) -> None:
    path = written(tmp_path, "北京 1 2\ncaf\xe9 3 4\na\u2028b 5 6\n".encode() + b"caf\xe9 7 8\n")
    words, vectors = read_vectors(path)
    assert words == ["北京", "café", "a\u2028b", "caf\ufffd"]
    assert vectors[:, 0].tolist() == [1, 3, 5, 7]


def test_a_word_may_hold_spaces(tmp_path: Path) -> None:
    words, vectors = read_vectors(written(tmp_path, "the 1 2\n. . . 3 4\nat a@b.org 5 6\n"))
    assert words == ["the", ". . .", "at a@b.org"]
    assert vectors.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_the_limit_takes_the_first_and_reads_no_further(tmp_path: Path) -> None:
    path = written(tmp_path, GLOVE + "dog broken\n")
    words, vectors = read_vectors(path, limit=2)
    assert words == ["the", "cat"]
    assert vectors.shape == (2, 3)
    assert read_vectors(path, limit=1)[0] == ["the"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GLOVE + "dog 1 2\n", r"vectors\.txt:3: 2 numbers; 3 as on the lines above"),
        ("2 3\n" + GLOVE + "dog 1 2 3 4\n", r"vectors\.txt:4: 4 numbers; 3 as on the lines above"),
        (GLOVE + "dog 1 two 3\n", r"vectors\.txt:3: not all of its values are numbers; a word, then numbers"),
        (GLOVE + "dog 1 nan 3\n", r"vectors\.txt:3: the number nan; finite numbers"),
        (GLOVE + "\ndog 1 2 3\n", r"vectors\.txt:3: 0 numbers; 3 as on the lines above"),
        ("the\n", r"vectors\.txt:1: 0 numbers; a word, then numbers"),
        ("", r"vectors\.txt: no vectors in it"),
        ("2 3\n", r"vectors\.txt: no vectors in it"),
    ],
)
def test_a_faulty_text_file_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_vectors(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.txt: no such vector file\. Check model\.encoder\.vectors"):
        read_vectors(tmp_path / "nowhere.txt")
    with pytest.raises(DataError, match="no such vector file"):
        read_vectors(tmp_path)


def test_a_safetensors_file_is_read(tmp_path: Path) -> None:
    matrix = np.arange(6, dtype=np.float16).reshape(3, 2)
    path = as_safetensors(tmp_path, ["the", "北京", "cat"], matrix)
    words, vectors = read_vectors(path)
    assert words == ["the", "北京", "cat"]
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, matrix)
    words, vectors = read_vectors(path, limit=2)
    assert words == ["the", "北京"]
    assert vectors.shape == (2, 2)


def test_faulty_safetensors_files(tmp_path: Path) -> None:
    path = as_safetensors(tmp_path, ["the", "cat"], np.zeros((3, 2), np.float32))
    with pytest.raises(DataError, match=r"2 words and 3 vectors; as many of both"):
        read_vectors(path)
    save_file({"weights": np.zeros(2)}, path)
    with pytest.raises(DataError, match=r"tensors \['weights'\]; 'vectors' \[N, D\] and 'words'"):
        read_vectors(path)
    path.write_bytes(b"not a tensor file")
    with pytest.raises(DataError, match=r"vectors\.safetensors: not a readable safetensors file"):
        read_vectors(path)
