"""Every block of commands in the READMEs and the pages of docs/ runs as a reader would type it, from top to bottom."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from spanloom.run.cli import build_app, main
from spanloom.run.user_config import resolved
from tests.docs.blocks import PAGES, REPOSITORY, Block, blocks_of, read, says

RUN = ("sh", "python")
SHOWN = ("", "text", "json", "toml")
"""Languages of blocks that are formulas, files or answers; in any other a command would go by unseen."""
SHELL = re.compile(r"[()<>|&;]+|.*[$`*].*")
"""Words of a line that a shell is needed for."""
SECONDS = 120
COMMANDS = {command.name or getattr(command.callback, "__name__", "") for command in build_app().registered_commands}
TWICE = "README.zh-CN.md"
"""Has the blocks of README.md, which `test_readmes.py` sees to, so that they need not run again."""


class Reader:
    """Someone who types a page's blocks, in a folder that holds the repository's sources and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "page"}
        tools = folder / ".tools"
        tools.mkdir()
        for name, start in (("spanloom", '-m spanloom "$@"'), ("python", '"$@"')):
            (tools / name).write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {start}\n", encoding="utf-8")
            (tools / name).chmod(0o755)
        for name in ("src", "configs"):
            (folder / name).symlink_to(REPOSITORY / name)
        paths = os.pathsep.join(map(str, (REPOSITORY / "src", REPOSITORY)))
        self.environment = {
            **os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": paths, "COLUMNS": "80"
        }  # fmt: skip

    def types(self, block: Block) -> None:
        """Run a block, and compare what it prints and how it ends with what the page says."""
        if block.language == "python":
            outputs, codes = self.python(block.text), [0]
        else:
            steps = [self.command(line) for line in block.text.replace("\\\n", "").splitlines() if line.strip()]
            codes = [code for code, _, _ in steps]
            outputs = ("".join(out for _, out, _ in steps), "".join(err for _, _, err in steps))
        assert set(codes) == {2 if block.fails else 0}, f"{block.text}{outputs[1]}"
        if block.printed is not None:
            assert any(says(block.printed, output) for output in outputs), "\n".join((block.text, *outputs))

    def python(self, code: str) -> tuple[str, str]:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            exec(compile(code, "page", "exec"), self.names)
        return out.getvalue(), err.getvalue()

    def command(self, line: str) -> tuple[int, str, str]:
        """One line: in this process where it needs no shell, as importing PyTorch for each would take minutes."""
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        program, *arguments = lexer
        if program != "spanloom" or any(map(SHELL.fullmatch, arguments)):
            ended = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", line],
                cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=SECONDS, check=False,
            )  # fmt: skip
            return ended.returncode, ended.stdout, ended.stderr
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            code = main(arguments)
        return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != TWICE], ids=lambda page: page.stem)
def test_a_page_runs_from_top_to_bottom(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    reader = Reader(tmp_path)
    for block in read(page):
        if block.file:
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(block.text, encoding="utf-8")
        elif block.language in RUN and block.not_run is None:
            try:
                reader.types(block)
            except Exception as error:
                error.add_note(f"{page.name}:{block.line}")
                raise


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_blocks_are_of_known_languages(page: Path) -> None:
    assert {block.language for block in read(page)} <= {*RUN, *SHOWN}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_is_not_run_says_why_and_could_be(page: Path) -> None:
    """Its commands are there, its configurations can be read, and its settings are settings."""
    for block in read(page):
        if block.not_run is None:
            continue
        assert block.not_run, f"{page.name}:{block.line}: '<!-- not run: REASON -->' has no reason"
        for line in re.split(r"\n|&&", block.text.replace("\\\n", "")):
            program, command, *arguments = *shlex.split(line, comments=True), "", ""
            if program != "spanloom":
                continue
            assert command in COMMANDS, line
            if command == "train" and (REPOSITORY / arguments[0]).is_file():
                resolved(REPOSITORY / arguments[0], [argument for argument in arguments[1:] if "=" in argument])
            else:
                assert not arguments[0].startswith("configs/"), f"{page.name}:{block.line}: no {arguments[0]}"


PAGE = """
`names.csv`:

```text
a,b
```

<!-- fails -->
```sh
spanloom check names.csv --task tga
```
```text
ConfigError: … 'tga'
```

1. An item.

   <!-- not run: takes an hour -->
   ```sh
   spanloom train \\
     a.toml
   ```

   <!-- not run: -->
   ```python
   print(1)
   ```
```sh
spanloom tasks
```
"""


def test_what_stands_above_a_block_is_understood() -> None:
    a_file, failing, long, bare, plain = blocks_of(PAGE)
    assert (a_file.file, a_file.text) == ("names.csv", "a,b\n")
    assert (failing.fails, failing.not_run, failing.printed) == (True, None, "ConfigError: … 'tga'\n")
    assert (long.not_run, long.text) == ("takes an hour", "spanloom train \\\n  a.toml\n")
    assert (bare.not_run, bare.language) == ("", "python")
    assert plain == Block(
        "sh", "spanloom tasks\n", PAGE.count("\n", 0, PAGE.index("spanloom tasks")) + 1, "", None, False, None
    )


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a\nb\n", "a  \nb\n", True),
        ("a\n", "\na\n  \n", True),
        ("a\n", "a\nb\n", False),
        ("a … c\n", "a b, c\n", True),
        ("a … c\n", "a\nc\n", False),
        ("…\nb\n", "a\na\nb\n", True),
        ("a\n…\n", "a\n", True),
        ("a\n…\nb\n", "a\nc\n", False),
        ("", "", True),
        ("a.b\n", "axb\n", False),
    ],
)
def test_what_a_page_says_is_compared_word_for_word(expected: str, printed: str, same: bool) -> None:
    assert says(expected, printed) is same


def test_a_reader_sees_what_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    reader = Reader(tmp_path)
    block = Block("sh", "spanloom check nowhere.csv --task tag\n", 1, "", None, False, None)
    with pytest.raises(AssertionError, match="no such file"):
        reader.types(block)
    reader.types(block._replace(fails=True))
    with pytest.raises(AssertionError, match="a file of examples"):
        reader.types(block._replace(fails=True, printed="DataError: elsewhere\n"))
    reader.types(Block("sh", "echo one | cat > two.txt && cat two.txt  # three\n", 1, "", None, False, "one\n"))
    reader.types(Block("python", "x = 1\nprint(x)\n", 1, "", None, False, "1\n"))
    reader.types(Block("python", "print(x + 1)\n", 1, "", None, False, "2\n"))
