"""The blocks of code in the pages, and what a page says of each.

A block is run where it stands, after those before it, in a folder of the page's own. What stands above it may change
that:

    `names.csv`:                   a block below a file's name alone is that file
    <!-- not run: REASON -->       a block that takes too long or needs what is not there
    <!-- fails -->                 a command that is to end with exit code 2, shown for its message

A block of `text` below one that is run is what that prints, in full; `…` stands for anything there, and a line of it
alone for any number of lines.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = sorted((REPOSITORY / "docs").glob("*.md"))
PAGES = [REPOSITORY / "README.md", REPOSITORY / "README.zh-CN.md", *DOCS]

FENCED = re.compile(r"((?:^ *<!--[^\n]*-->\n)*|^`[^`\n]+`:\n\n?)^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
"""What stands right above a block, its indent, its language and its text."""
FILE = re.compile(r"^`([\w./-]+)`:\n")
NOT_RUN = re.compile(r"<!-- not run:(.*?)-->")
FAILS = "<!-- fails -->"


class Block(NamedTuple):
    """A block of a page: language and text; line: where it begins, counted from 1.

    file: the file that it is; not_run: the reason, None without a mark and "" with none given; printed: what the page
    says it prints, None where it does not say.
    """

    language: str
    text: str
    line: int
    file: str
    not_run: str | None
    fails: bool
    printed: str | None


def blocks_of(page: str) -> list[Block]:
    """The blocks of a page in their order."""
    found: list[Block] = []
    for fence in FENCED.finditer(page):
        above, indent, language, text = fence.groups()
        text = "".join(line.removeprefix(indent) for line in text.splitlines(keepends=True))
        file, mark = FILE.match(above), NOT_RUN.search(above)
        if language == "text" and not file and found and found[-1].printed is None and found[-1].language != "text":
            found[-1] = found[-1]._replace(printed=text)
            continue
        line = page.count("\n", 0, fence.start(4)) + 1
        not_run = mark[1].strip() if mark else None
        found.append(Block(language, text, line, file[1] if file else "", not_run, FAILS in above, None))
    return found


def read(page: Path) -> list[Block]:
    return blocks_of(page.read_text(encoding="utf-8"))


def says(expected: str, printed: str) -> bool:
    """Whether what was printed is what a page says: word for word, but for blanks at the ends of lines and of all."""
    pattern = ""
    for line in expected.strip("\n").splitlines():
        if line.strip() == "…":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += "[^\n]*?".join(map(re.escape, line.rstrip().split("…"))) + "\n"
    lines = "\n".join(line.rstrip() for line in printed.splitlines()).strip("\n")
    return re.fullmatch(pattern, lines + "\n" * bool(lines)) is not None
