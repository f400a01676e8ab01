"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spanloom.write.atomic import atomic_file, atomic_write


def test_text_and_bytes(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a"
    atomic_write(path, "é\r\n")
    assert path.read_bytes() == "é\r\n".encode()
    atomic_write(path, b"\xff")
    assert path.read_bytes() == b"\xff"
    with atomic_file(path) as file:
        file.write("one\n")
    assert path.read_bytes() == b"one\n"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
def test_a_fault_leaves_the_old_file_and_no_other(tmp_path: Path, fault: type[BaseException]) -> None:
    path = tmp_path / "a"
    path.write_text("old")

    def write_half() -> None:
        with atomic_file(path) as file:
            file.write("half")
            raise fault

    with pytest.raises(fault):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_ordinary_permissions(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        atomic_write(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
