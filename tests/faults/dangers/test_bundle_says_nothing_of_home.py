"""A bundle carries no path of the machine that made it, and no sentence of the dev data unless it was asked for."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pytest

from spanloom.export.card import without_folders
from spanloom.run.cli import main

CONFIG = """
task = "tag"

[data]
train = "corpus of the clinic/train.conll"
dev = "corpus of the clinic/train.conll"

[train]
epochs = 2
threads = 1

[model]
head = "crf"

[model.encoder]
kind = "rnn"
word_width = 8
hidden = 8
"""

SENTENCES = """
Wendeline B-PERSON
sleeps O
in O
Oberhausen B-PLACE

Bartholomew B-PERSON
met O
Wendeline B-PERSON

Nobody O
left O
Oberhausen B-PLACE
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("private")
    (folder / "corpus of the clinic").mkdir()
    (folder / "corpus of the clinic" / "train.conll").write_text(SENTENCES.lstrip(), encoding="utf-8")
    (folder / "tag.toml").write_text(CONFIG, encoding="utf-8")
    assert main(["train", str(folder / "tag.toml"), "--output", str(folder / "run")]) == 0
    return folder / "run"


@pytest.mark.parametrize("precision", ["int8", "fp32"])
def test_no_path_of_this_machine_is_in_a_bundle(run: Path, precision: str, tmp_path: Path, repository: Path) -> None:
    bundle = tmp_path / "bundle"
    command = ["export", str(run), "--output", str(bundle), "--precision", precision, "--max-drop", "100"]
    assert main(command) == 0
    import torch

    packages = Path(torch.__file__).parent.parent
    places = [repository, run.parent, tmp_path, packages, Path.home(), Path.cwd()]
    secrets = [str(place) for place in places] + ["corpus of the clinic", "site-packages", "/torch/", '.py"']
    if len(getpass.getuser()) > 5:
        secrets.append(getpass.getuser())
    for file in bundle.iterdir():
        content = file.read_bytes()
        assert [secret for secret in secrets if secret.encode() in content] == [], file.name
    assert "| training | `train.conll` | 3 |" in (bundle / "README.md").read_text(encoding="utf-8")


def test_sentences_are_in_a_bundle_where_data_were_named_for_it(run: Path, tmp_path: Path) -> None:
    for name, options in (
        ("plain", []),
        ("golden", ["--golden", str(run.parent / "corpus of the clinic/train.conll")]),
    ):
        bundle = tmp_path / name
        assert main(["export", str(run), "--output", str(bundle), "--max-drop", "100", *options]) == 0
        manifest = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
        assert manifest["golden"] == {"examples": 3, "stored": name == "golden"}
        assert ("golden.jsonl" in manifest["files"]) == (bundle / "golden.jsonl").exists() == (name == "golden")
        together = b"".join(file.read_bytes() for file in bundle.iterdir())
        assert (b"Nobody left Oberhausen" in together) == (name == "golden")


@pytest.mark.parametrize(
    ("card", "left"),
    [
        ('train = "/home/ada/My data/a.conll"', 'train = "a.conll"'),
        (r'train = "C:\\Users\\ada\\a.conll"', 'train = "a.conll"'),
        (r'train = "\\\\server\\share\\a.conll"', 'train = "a.conll"'),
        ("| dev | `/home/ada/dev/` | 3 |", "| dev | `dev` | 3 |"),
        ('paths = ["/home/ada/a", "/home/ada/b"]', 'paths = ["a", "b"]'),
        ('delimiter = "/"', 'delimiter = "/"'),
        ("half / half, `a/b` and 3 // 2", "half / half, `a/b` and 3 // 2"),
    ],
)
def test_of_a_path_on_a_card_its_last_name_stays(card: str, left: str) -> None:
    assert without_folders(card) == left
