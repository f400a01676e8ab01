"""Pictures through every command, from a folder of a class each to a service; and a bundle of them without PyTorch."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from spanloom.pixels.pillow import as_png
from spanloom.predict.predictor import load
from spanloom.run.cli import main
from spanloom.tasks import FOLDER
from spanloom.tasks.image.draw import SHAPES, drawn, write_pictures
from tests.serve.conftest import started
from tests.serve.process import Server
from tests.test_without_torch import run as run_without_torch

__all__ = ["started"]

TINY = FOLDER / "image" / "tiny.toml"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes")
    write_pictures(folder / "train", 8)
    write_pictures(folder / "dev", 3, seed=1)
    return folder


@pytest.fixture(scope="module")
def trained(data: Path) -> Path:
    """A run from folders of pictures, few epochs long, and its bundle beside it."""
    settings = [f"data.train={data / 'train'}", f"data.dev={data / 'dev'}", "train.epochs=12", "train.evaluate_from=12"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spanloom.engine.run.draw_plots", lambda metrics, folder: None)  # slow, and tested elsewhere
        assert main(["train", str(TINY), *settings, "--output", str(data / "run")]) == 0
    assert main(["export", str(data / "run"), "--output", str(data / "bundle"), "--max-drop", "100"]) == 0
    return data


def answers(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main(["predict", "-f", "jsonl", *map(str, arguments)]) == status
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_picture_a_folder_a_list_and_tables_are_answered_alike(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ("-m", trained / "bundle")
    files = sorted((trained / "dev" / "disc").glob("*.png"))
    wanted = answers(capsys, *model, *files)
    assert [answer["image"] for answer in wanted] == list(map(str, files))
    assert all(answer.keys() == {"image", "labels", "heat"} for answer in wanted)
    assert answers(capsys, *model, "--input", files[0]) == wanted[:1]
    assert answers(capsys, *model, "--input", trained / "dev" / "disc") == wanted
    everything = answers(capsys, *model, "--input", trained / "dev")
    assert [answer for answer in everything if "/disc/" in answer["image"]] == wanted
    assert len(everything) == 9
    listed = tmp_path / "list.txt"
    listed.write_text("\n".join(map(str, files)), encoding="utf-8")
    assert answers(capsys, *model, "--input", listed) == wanted
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(listed.read_bytes())))
    assert answers(capsys, *model, "--input", "-") == wanted
    lines = tmp_path / "lines.jsonl"
    lines.write_text("".join(json.dumps({"image": str(file), "id": 7}) + "\n" for file in files), encoding="utf-8")
    assert answers(capsys, *model, "--input", lines) == [{**answer, "id": 7} for answer in wanted]
    table = tmp_path / "table.csv"
    table.write_text("image,label\n" + "".join(f"{file},disc\n" for file in files), encoding="utf-8")
    assert answers(capsys, *model, "--input", table) == wanted


def test_what_cannot_be_read_has_its_error_beside_it(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content in {"a.png": b"", "b.jpg": b"text", "c.png": (trained / "dev/disc/01.png").read_bytes()}.items():
        (tmp_path / name).write_bytes(content)
    found = answers(capsys, "-m", trained / "bundle", "--input", tmp_path, status=2)
    assert [bool(answer.get("error")) for answer in found] == [True, True, False]
    assert found[0]["error"].startswith(f"{tmp_path}/a.png: the picture is empty")
    missing = answers(capsys, "-m", trained / "bundle", "nowhere.png", status=2)
    assert "no such file 'nowhere.png'" in missing[0]["error"]


def odd_pictures() -> dict[str, bytes]:
    """Few pictures of real cameras are square, upright and of three colours."""
    pixels = Pillow.fromarray(drawn("cross", np.random.default_rng(0), 90, 90))
    exif = Pillow.Exif()
    exif[0x0112] = 6
    made: dict[str, tuple[Any, str, dict[str, Any]]] = {
        "long.png": (pixels.resize((900, 7)), "PNG", {}),
        "high.webp": (pixels.resize((5, 700)), "WEBP", {}),
        "dot.bmp": (pixels.resize((1, 1)), "BMP", {}),
        "turned.jpg": (pixels.resize((200, 300)), "JPEG", {"exif": exif}),
        "print.jpg": (pixels.convert("CMYK"), "JPEG", {}),
        "grey.gif": (pixels.convert("L"), "GIF", {}),
        "palette.png": (pixels.quantize(16), "PNG", {"transparency": 1}),
        "clear.png": (pixels.convert("RGBA"), "PNG", {}),
        "bits.png": (pixels.convert("1"), "PNG", {}),
        "deep.png": (Pillow.fromarray(np.asarray(pixels.convert("L")).astype(np.uint16) * 256), "PNG", {}),
        "large.jpg": (pixels.resize((2000, 1500)), "JPEG", {}),
    }
    found = {}
    for name, (picture, form, settings) in made.items():
        held = io.BytesIO()
        picture.save(held, form, **settings)
        found[name] = held.getvalue()
    return found


def test_pictures_of_odd_sizes_turns_and_modes_go_through_unharmed(trained: Path, tmp_path: Path) -> None:
    """From a run and from a bundle, by their files and by their bytes."""
    odd = odd_pictures()
    for name, content in odd.items():
        (tmp_path / name).write_bytes(content)
    of_bytes = load(trained / "bundle").predict(list(odd.values()))
    for folder in ("run", "bundle"):
        found = list(load(trained / folder).predict([str(tmp_path / name) for name in odd]))
        for name, answer, again in zip(odd, found, of_bytes, strict=folder == "run"):
            assert answer.label in SHAPES, name
            assert answer.heat is not None
            box, size = answer.heat.box, Pillow.open(io.BytesIO(odd[name])).size
            width, height = size[::-1] if name == "turned.jpg" else size
            assert 0 <= box[0] < box[2] <= width
            assert 0 <= box[1] < box[3] <= height
            if folder == "bundle":
                assert answer.label == again.label
    assert repr(found[0]).startswith(str(tmp_path / "long.png"))


def test_a_page_shows_the_pictures_with_their_classes_and_what_spoke_for_them(trained: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert main(["predict", "-m", str(trained / "bundle"), "--input", str(trained / "dev"), "-o", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.count("<article") == 9
    assert "9 pictures, " in text
    assert len(re.findall(r'<img src="data:image/jpeg;base64,[^"]+" alt="the picture"', text)) == 9
    assert len(re.findall(r'<img src="data:image/jpeg;base64,[^"]+" alt="what spoke for the class"', text)) == 9
    assert "img-src data:;" in text
    assert 'src="http' not in text
    report = tmp_path / "report"
    assert main(["evaluate", str(trained / "run"), str(trained / "dev"), "--report", str(report)]) == 0
    assert (report / "report.html").read_text(encoding="utf-8").count("<img") == 27  # gold has no heat


def test_a_bundle_answers_without_torch(repository: Path, trained: Path) -> None:
    program = (
        "import sys, json, spanloom\n"
        "answers = list(spanloom.load(sys.argv[1]).predict(sys.argv[2:]))\n"
        "print(json.dumps([answer.to_dict() for answer in answers]))"
    )
    files = sorted(map(str, (trained / "dev").rglob("*.png")))
    done = run_without_torch(repository, program, str(trained / "bundle"), *files)
    assert (done.returncode, done.stderr) == (0, "")
    found = [answer["labels"] for answer in json.loads(done.stdout)]
    assert found == [answer.to_dict()["labels"] for answer in load(trained / "bundle").predict(files)]


def test_without_pillow_it_says_what_to_install(repository: Path, trained: Path) -> None:
    program = (
        "import sys\nsys.modules['PIL'] = None\n"
        "import spanloom\n"
        "try:\n    spanloom.load(sys.argv[1])\nexcept spanloom.SpanloomError as error:\n    print(error)"
    )
    done = run_without_torch(repository, program, str(trained / "bundle"))
    assert done.returncode == 0, done.stderr
    assert "the 'image' extra" in done.stdout
    assert "pip install 'spanloom[image]'" in done.stdout


def test_augmentation_is_drawn_on_a_sheet(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "sheet.png"
    settings = ["model.augment.mixup=1", "model.augment.rotation=30"]
    assert main(["train", str(TINY), *settings, "--plot-augment", str(picture)]) == 0
    assert f"{picture}: 10 pictures, each as it is and as the first epochs see it" in capsys.readouterr().out
    pixels = np.asarray(Pillow.open(picture))
    assert pixels.shape == (10 * 28 - 4, 8 * 28 - 4, 3)
    first = np.asarray(Pillow.open(FOLDER / "image" / "sample" / "disc" / "01.png"))
    assert np.abs(pixels[:24, :24].astype(int) - first).max() <= 1
    assert (pixels[:24, :24] != pixels[:24, 28:52]).any()
    tag = str(FOLDER / "tag" / "tiny.toml")
    assert main(["train", tag, "--plot-augment", str(picture)]) == 2
    assert "--plot-augment: the task 'tag' reads no pictures that could be drawn" in capsys.readouterr().err


def test_init_tells_pictures_by_their_folders_and_its_configuration_trains(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", str(data / "train")]) == 0
    said = capsys.readouterr().out
    assert "mine-dev.jsonl: 2 examples" in said
    text = Path("mine.toml").read_text(encoding="utf-8")
    assert 'task = "image"' in text
    monkeypatch.setattr("spanloom.engine.run.draw_plots", lambda metrics, folder: None)
    small = ["train.epochs=1", "model.size=24", "model.backbone.stages=2", "model.backbone.width=4", "train.threads=1"]
    assert main(["train", "mine.toml", *small, "--output", "run"]) == 0


def test_pictures_are_parted_by_people_and_copies_stay_together(data: Path, tmp_path: Path) -> None:
    files = sorted((data / "train").rglob("*.png"))
    copy = tmp_path / "copy.png"
    copy.write_bytes(files[0].read_bytes())
    named = [(file, file.parent.name, f"person {number % 6}") for number, file in enumerate(files)]
    named.append((copy, files[0].parent.name, "person 3"))  # the picture of person 0
    lines = [json.dumps({"image": str(file), "label": label, "person": person}) for file, label, person in named]
    (tmp_path / "all.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert main(["split", str(tmp_path / "all.jsonl"), "--by", "person", "--dev", "0.3"]) == 0
    texts = [(tmp_path / f"all-{part}.jsonl").read_text(encoding="utf-8") for part in ("train", "dev")]
    parts = [[json.loads(line) for line in text.splitlines()] for text in texts]
    people = [{item["person"] for item in part} for part in parts]
    assert sum(map(len, parts)) == len(named)
    assert all(people)
    assert not people[0] & people[1]
    assert any({"person 0", "person 3"} <= each for each in people)


def test_a_client_sends_pictures_and_names_no_files(
    trained: Path, started: Callable[..., Server], capsys: pytest.CaptureFixture[str]
) -> None:
    server = started(f"shapes={trained / 'bundle'}")
    files = sorted((trained / "dev").rglob("*.png"))
    sent = [base64.b64encode(file.read_bytes()).decode() for file in files]
    wanted = [answer["labels"] for answer in answers(capsys, "-m", trained / "bundle", *files)]
    many = server.predict_all(sent)
    assert [answer["labels"] for answer in many.body["answers"]] == wanted
    assert not any("image" in answer for answer in many.body["answers"])
    one = server.predict(f"data:image/png;base64,{sent[0]}")
    assert (one.status, one.body["answer"]["labels"]) == (200, wanted[0])
    assert one.body["answer"]["heat"]["box"] == [0, 0, 24, 24]
    large = base64.b64encode(as_png(np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8), "here"))
    assert len(large) > 100_000  # more than a text may have characters
    assert server.predict(large.decode()).status == 200
    for path in (str(files[0]), "/etc/passwd"):
        refused = server.predict(path)
        assert refused.status == 422
        assert "base64" in refused.body["error"]
    assert server.stop() == 0
