"""What an export may replace, and that nothing is lost however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spanloom.errors import CheckpointError, ConfigError
from spanloom.export.bundle import Exported, write_bundle
from spanloom.predict.bundle import WRITTEN, require_replaceable
from spanloom.predict.predictor import load
from spanloom.write.folders import aside, recover, replace, workshop
from tests.run.tiny_task import TASK, WORDS, TinyCodec, build, example

SENTENCES = ["the Ada the Bo", "edge", "the", "Cy edge the the Di", "Ada Bo Cy"] * 2


def make_source(card: Path) -> Exported:
    codec = TinyCodec(WORDS)
    return Exported(TASK, codec, build(None, codec), [example(text) for text in SENTENCES], card)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    card = tmp_path_factory.mktemp("run") / "README.md"
    card.write_text("# A tiny model\n", encoding="utf-8")
    folder = tmp_path_factory.mktemp("exports") / "bundle"
    write_bundle(make_source(card), folder, 0.5, keep_golden=True)
    return folder


@pytest.fixture
def bundle(exported: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    for file in exported.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ---- what may be replaced --------------------------------------------------------------------------------------------


def test_a_bundle_as_it_was_exported_may_be_replaced(bundle: Path, tmp_path: Path) -> None:
    require_replaceable(bundle)
    require_replaceable(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    require_replaceable(tmp_path / "empty")


def foreign(folder: Path) -> None:
    (folder / "thesis.txt").write_text("mine", encoding="utf-8")


def repository(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")


def listed_but_never_written(folder: Path) -> None:
    (folder / "thesis.txt").write_text("mine", encoding="utf-8")
    manifest = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    manifest["files"]["thesis.txt"] = manifest["files"]["codec.json"]
    (folder / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")


def edited_card(folder: Path) -> None:
    (folder / "README.md").write_text("# Rewritten with care\n", encoding="utf-8")


def linked(folder: Path) -> None:
    (folder / "golden.jsonl").rename(folder.parent / "kept.jsonl")
    (folder / "golden.jsonl").symlink_to(folder.parent / "kept.jsonl")


def another_manifest(folder: Path) -> None:
    (folder / "bundle.json").write_text('{"name": "a web page", "files": ["index.js"]}', encoding="utf-8")


def changed_codec(folder: Path) -> None:
    (folder / "codec.json").write_text("{}", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (foreign, r"bundle: holds 'thesis\.txt', which no export wrote; .*Move 'thesis\.txt' away"),
        (repository, r"bundle: holds '\.git', which no export wrote"),
        (listed_but_never_written, r"bundle: holds 'thesis\.txt', which no export wrote"),
        (edited_card, r"bundle: 'README\.md' was changed since its export; .*Choose another --output"),
        (linked, r"bundle: holds 'golden\.jsonl', which no export wrote"),
        (another_manifest, r"bundle: exists and is not a bundle; a new folder"),
        (changed_codec, r"bundle: 'codec\.json' was changed since its export"),
    ],
)
def test_what_no_export_wrote_is_never_deleted(bundle: Path, change: Callable[[Path], None], message: str) -> None:
    change(bundle)
    before = contents(bundle)
    card = bundle.parent / "card.md"
    with pytest.raises(ConfigError, match=message):
        write_bundle(make_source(card), bundle, 0.5)
    assert contents(bundle) == before


def test_a_card_that_a_person_wrote_is_no_card_of_the_export(tmp_path: Path) -> None:
    source, folder = make_source(tmp_path / "no card"), tmp_path / "bundle"
    write_bundle(source, folder, 0.5)
    (folder / "README.md").write_text("# Mine\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"bundle: holds 'README\.md', which no export wrote"):
        write_bundle(source, folder, 0.5)
    assert (folder / "README.md").read_text(encoding="utf-8") == "# Mine\n"


def test_a_bundle_of_before_may_be_replaced_with_its_card(bundle: Path) -> None:
    """Its manifest says nothing of the card, which that export wrote all the same."""
    manifest = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    del manifest["card"]
    (bundle / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")
    require_replaceable(bundle)


def test_what_stands_aside_and_is_not_an_exports_is_named(bundle: Path) -> None:
    aside(bundle).mkdir()
    (aside(bundle) / "notes.txt").write_text("mine", encoding="utf-8")
    before = contents(bundle)
    message = r"^\S*/\.bundle\.replaced: is in the way: .* no export wrote. Move it away, or choose another --output\.$"
    with pytest.raises(ConfigError, match=message):
        write_bundle(make_source(bundle.parent / "card.md"), bundle, 0.5)
    assert contents(bundle) == before
    assert contents(aside(bundle)) == {"notes.txt": b"mine"}


def test_a_file_is_no_place_for_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"file: exists and is not a bundle"):
        write_bundle(make_source(tmp_path / "card.md"), tmp_path / "file", 0.5)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_a_bundle_is_replaced_and_keeps_its_mode(bundle: Path) -> None:
    bundle.chmod(0o700)
    link = bundle.parent / "link"
    link.symlink_to(bundle)
    card = bundle.parent / "card.md"
    card.write_text("# Another\n", encoding="utf-8")
    write_bundle(make_source(card), link, 0.5)
    assert (bundle / "README.md").read_text(encoding="utf-8").startswith("# Another\n")
    assert not (bundle / "golden.jsonl").exists()
    assert link.is_symlink()
    assert bundle.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in bundle.parent.iterdir()) == ["bundle", "card.md", "link"]


# ---- failing and being killed ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("failing", [1, 2])
def test_a_rename_that_fails_leaves_the_old_bundle(bundle: Path, failing: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before, rename, count = contents(bundle), os.rename, 0

    def fail_once(source: Any, target: Any) -> None:
        nonlocal count
        count += 1
        if count == failing:
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr("spanloom.write.folders.os.rename", fail_once)
    with pytest.raises(CheckpointError, match=r"could not be written \(No space left .*What was there is unchanged"):
        write_bundle(make_source(bundle.parent / "card.md"), bundle, 0.5)
    assert count >= failing
    assert contents(bundle) == before
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


KILLED = """
import os, signal, sys
from pathlib import Path
from spanloom.predict.bundle import WRITTEN
from spanloom.write.folders import replace, workshop

moment, when = int(sys.argv[2]), sys.argv[3]
count = 0

def deadly(call):
    def called(*arguments, **named):
        global count
        count += 1
        if count == moment and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        call(*arguments, **named)
        if count == moment and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
    return called

for name in ("rename", "replace", "unlink", "rmdir"):
    setattr(os, name, deadly(getattr(os, name)))

target = Path(sys.argv[1])
with workshop(target) as work:
    folder = work / "bundle"
    folder.mkdir()
    for name in WRITTEN:
        (folder / name).write_text("new " + name, encoding="utf-8")
    replace(folder, target, WRITTEN)
print(count)
"""


def run_killed(target: Path, moment: int, when: str, repository: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "", "PYTHONPATH": str(repository / "src")}
    command = [sys.executable, "-c", KILLED, str(target), str(moment), when]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_process_killed_at_any_moment_loses_nothing(tmp_path: Path, repository: Path) -> None:
    old, new = ({name: f"{age} {name}".encode() for name in WRITTEN} for age in ("old", "new"))
    killed = 0
    for when in ("before", "after"):
        for moment in range(1, 30):
            target = tmp_path / f"{when}{moment}" / "bundle"
            target.mkdir(parents=True)
            for name, content in old.items():
                (target / name).write_bytes(content)
            done = run_killed(target, moment, when, repository)
            if done.returncode == 0:
                break
            assert done.returncode == -signal.SIGKILL, done.stderr
            killed += 1
            whole = [folder for folder in (target, aside(target)) if folder.is_dir() and contents(folder) in (old, new)]
            assert whole, (when, moment)
            recover(target, WRITTEN)
            with workshop(target):
                pass
            assert contents(target) in (old, new), (when, moment)
            assert [path.name for path in target.parent.iterdir()] == ["bundle"], (when, moment)
    assert killed >= 12  # two renames, six files and two folders to delete, before and after


def test_a_foreign_file_that_came_meanwhile_is_kept_aside(tmp_path: Path) -> None:
    new, target = tmp_path / "new", tmp_path / "bundle"
    for folder in (new, target):
        folder.mkdir()
        (folder / "codec.json").write_text(folder.name, encoding="utf-8")
    (target / "notes.txt").write_text("mine", encoding="utf-8")
    replace(new, target, WRITTEN)
    assert contents(target) == {"codec.json": b"new"}
    assert contents(aside(target)) == {"notes.txt": b"mine"}
    recover(target, WRITTEN)
    assert contents(aside(target)) == {"notes.txt": b"mine"}


def test_the_workshop_of_a_process_that_lives_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "[b]undle"
    left, other = tmp_path / ".[b]undle.abc.part", tmp_path / ".bundle.abc.part"
    for folder in (left, other):
        folder.mkdir()
        (folder / "model.onnx").touch()
    with workshop(target) as first, workshop(target) as second:
        assert not left.exists()
        assert first.is_dir()
        assert second.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == [".bundle.abc.part"]


def test_a_bundle_that_stands_aside_is_named_to_who_looks_for_it(tmp_path: Path) -> None:
    (tmp_path / ".bundle.replaced").mkdir()
    with pytest.raises(CheckpointError, match=r"no such folder; .* stopped midway: run it again, or rename .*\.repl"):
        load(tmp_path / "bundle")


def test_what_a_killed_export_left_is_removed_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left, other = tmp_path / ".bundle.abcdefgh.part", tmp_path / ".bundles.abcdefgh.part"
    for folder in (left, other):
        folder.mkdir()
        (folder / "model.onnx").write_bytes(b"half")
    with workshop(tmp_path / "bundle") as work:
        assert work.is_dir()
        assert not left.exists()
    assert other.exists()
    assert capsys.readouterr().err == f"Removed {left}, left behind by a process that was stopped while it wrote.\n"
