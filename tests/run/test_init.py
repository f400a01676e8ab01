"""`spanloom init`: which task it takes data for, how it parts them, what it writes, and that it replaces nothing."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.label import Label
from spanloom.config import DataConfig, RunConfig, load_config
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Text
from spanloom.run.cli import main
from spanloom.run.first_config import budget, choose_encoder, duration, named, toml_value
from spanloom.run.split import split
from spanloom.run.suits import suiting_tasks
from spanloom.tasks import FOLDER, find_task, task_names
from spanloom.text.words import tokenize


def sample(task: str) -> Path:
    (path,) = (FOLDER / task).glob("sample.*")
    return path


def loaded(path: Path, *overrides: str) -> RunConfig:
    return load_config(path, overrides, lambda name: find_task(name).config)


@pytest.mark.parametrize("name", task_names())
def test_the_sample_of_every_task_is_taken_for_that_task(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sample(name).read_bytes()
    output = tmp_path / "made" / "mine.toml"
    assert main(["init", str(sample(name)), "--output", str(output)]) == 0
    shown = capsys.readouterr().out
    assert f"taken for the task '{name}': {find_task(name).summary}." in shown
    assert f"Next: spanloom train {output} --output runs/mine" in shown
    assert sample(name).read_bytes() == before

    config, task = loaded(output), find_task(name)
    assert config.task == name
    assert config.data.train == output.with_name("mine-train.jsonl")
    assert config.data.dev == output.with_name("mine-dev.jsonl")
    train, dev = (list(task.read(path, config.data)) for path in (config.data.train, config.data.dev))
    whole = list(task.read(sample(name), config.data))
    if task.arrange is None:
        lines = sorted(json.dumps(task.line(item)) for item in whole)
        assert sorted(json.dumps(task.line(item)) for item in (*train, *dev)) == lines
        assert 0 < len(dev) <= len(whole) / 8
        assert {item.input for item in train}.isdisjoint(item.input for item in dev)
    else:
        assert "".join(item.input.text for item in (*train, *dev)) == "".join(item.input.text for item in whole)
    assert all(item.gold is not None for item in (*train, *dev))
    codec = task.fit(
        train, loaded(output, "model.encoder.kind=rnn") if "[model.encoder]" in output.read_text() else config
    )
    assert [codec.unknown(item) for item in dev] == [[]] * len(dev)


def test_what_is_written_explains_each_line_and_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", str(sample("tag"))]) == 0
    text = Path("mine.toml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and line[0] != "["]
    assert all("# " in line for line in lines), "every value has its meaning beside it"
    capsys.readouterr()
    settings = ["train.epochs=1", "train.threads=1", "model.encoder.kind=rnn", "model.encoder.hidden=8"]
    assert main(["train", "mine.toml", "--output", "runs/mine", *settings]) == 0
    assert "trained, entity f1" in capsys.readouterr().out


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


NAMES = ("Mira", "Olav", "Ida", "Jonas", "Sunniva", "Per", "Kari", "Nils")


def columns(folder: Path) -> Path:
    return written(folder, "names.conll", "".join(f"{name} B-Person\nleft O\n\n" for name in NAMES))


def parts_of_speech(folder: Path) -> Path:
    return written(folder, "pos.tsv", "".join(f"{name}\tNOUN\nleft\tVERB\n.\tPUNCT\n\n" for name in NAMES))


def table(folder: Path) -> Path:
    rows = "".join(f"{'glad' if index % 2 else 'sad'},{name} came home .\n" for index, name in enumerate(NAMES))
    return written(folder, "moods.csv", f"label,text\n{rows}")


def fasttext(folder: Path) -> Path:
    moods = (f"__label__{'glad' if index % 2 else 'sad'} {name} came home .\n" for index, name in enumerate(NAMES))
    return written(folder, "moods.txt", "".join(moods))


def class_files(folder: Path) -> Path:
    for mood in ("glad", "sad"):
        written(folder, f"moods/{mood}.txt", "".join(f"{name} is {mood} .\n" for name in NAMES))
    return folder / "moods"


def brat(folder: Path, related: bool = True) -> Path:
    for name in NAMES:
        text = f"{name} lives in Bergen .\nBergen is wet .\n"
        end = len(name)
        marks = f"T1\tPerson 0 {end}\t{name}\nT2\tPlace {end + 10} {end + 16}\tBergen\n"
        written(folder, f"brat/{name}.txt", text)
        written(folder, f"brat/{name}.ann", marks + ("R1\tlives_in Arg1:T1 Arg2:T2\n" if related else ""))
    return folder / "brat"


def triples(folder: Path) -> Path:
    items = [{"text": f"{name} runs Nordvik .", "triple_list": [[name, "runs", "Nordvik"]]} for name in NAMES]
    return written(folder, "triples.json", json.dumps(items))


def entities_alone(folder: Path, inner: bool = False) -> Path:
    def item(name: str) -> dict[str, Any]:
        spans = [{"start": 0, "end": len(name) + 6, "label": "Org"}]
        spans += [{"start": 0, "end": len(name), "label": "Person"}] if inner else []
        return {"text": f"{name} Press grew .", "entities": spans}

    return written(folder, "entities.jsonl", "".join(json.dumps(item(name)) + "\n" for name in NAMES))


def requests(folder: Path) -> Path:
    lines = {"seq.in": "wake {} at six", "seq.out": "O B-who O B-when", "label": "wake"}
    for file, line in lines.items():
        written(folder, f"requests/{file}", "".join(line.format(name) + "\n" for name in NAMES))
    return folder / "requests"


@pytest.mark.parametrize(
    ("make", "task"),
    [
        (columns, "tag"),
        (parts_of_speech, "tag"),
        (table, "classify"),
        (fasttext, "classify"),
        (class_files, "classify"),
        (brat, "joint"),
        (lambda folder: brat(folder, related=False), "tag"),
        (triples, "joint"),
        (entities_alone, "tag"),
        (lambda folder: entities_alone(folder, inner=True), "nested"),
        (requests, "intent_slot"),
    ],
)
def test_data_are_taken_for_the_task_that_makes_most_of_them(make: Any, task: str, tmp_path: Path) -> None:
    data = make(tmp_path)
    assert suiting_tasks(data, DataConfig())[0].name == task
    assert main(["init", str(data), "--output", str(tmp_path / "out" / "mine.toml")]) == 0
    config = loaded(tmp_path / "out" / "mine.toml")
    assert config.data.train is not None
    assert len(list(find_task(task).read(config.data.train, config.data))) >= 7


def test_others_are_named_and_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(sample("joint")), "--output", str(tmp_path / "a.toml")]) == 0
    said = "  These can read it too: nested, tag, language_model. Choose with --task nested, say."
    assert said in capsys.readouterr().out.splitlines()
    assert main(["init", str(sample("joint")), "--task", "tag", "--output", str(tmp_path / "b.toml")]) == 0
    assert "taken for" not in capsys.readouterr().out
    assert loaded(tmp_path / "b.toml").task == "tag"


def test_documents_of_one_file_each_stay_whole(tmp_path: Path) -> None:
    assert main(["init", str(brat(tmp_path)), "--output", str(tmp_path / "mine.toml")]) == 0
    parts = [(tmp_path / f"mine-{part}.jsonl").read_text(encoding="utf-8").splitlines() for part in ("train", "dev")]
    assert [len(lines) for lines in parts] == [7, 1]
    assert all(json.loads(line)["text"].count("Bergen") == 2 for lines in parts for line in lines)


@pytest.mark.parametrize("name", ["mine.toml", "mine-train.jsonl", "mine-dev.jsonl"])
def test_nothing_is_replaced(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).write_text("kept", encoding="utf-8")
    assert main(["init", str(sample("tag")), "--output", str(tmp_path / "mine.toml")]) == 2
    assert f"{tmp_path / name}: is there already; a new file." in capsys.readouterr().err
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [(name, "kept")]


def test_dev_data_that_are_there_are_named_and_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, dev = columns(tmp_path), written(tmp_path, "dev.conll", "Mira B-Person\nslept O\n")
    output = tmp_path / "mine.toml"
    assert main(["init", str(data), "data.unknown_labels=error", "--dev", str(dev), "--output", str(output)]) == 0
    given = tomllib.loads(output.read_text(encoding="utf-8"))["data"]
    assert given == {"train": "names.conll", "dev": "dev.conll", "unknown_labels": "error"}
    assert {path.name for path in tmp_path.iterdir()} == {"names.conll", "dev.conll", "mine.toml"}
    dev.write_text("Mira B-Person\nslept\n", encoding="utf-8")
    output.unlink()
    assert main(["init", str(data), "--dev", str(dev), "--output", str(output)]) == 2
    assert "dev.conll: no known format" in capsys.readouterr().err
    assert not output.exists()


def test_settings_of_the_old_format_are_not_those_of_the_new(tmp_path: Path) -> None:
    data = written(tmp_path, "names.txt", "".join(f"1 {name} B-Person\n2 left O\n\n" for name in NAMES))
    data.write_bytes(data.read_bytes().decode().encode("utf-16"))
    settings = ["data.encoding=utf-16", "data.token_column=1", "data.tag_column=2", "data.repair=true"]
    assert main(["init", str(data), *settings, "--task", "tag", "--output", str(tmp_path / "mine.toml")]) == 0
    table = tomllib.loads((tmp_path / "mine.toml").read_text(encoding="utf-8"))
    assert table["data"] == {"train": "mine-train.jsonl", "dev": "mine-dev.jsonl", "repair": True}


# ---- what cannot be done ---------------------------------------------------------------------------------------------


def test_a_fault_in_annotations_does_not_make_them_plain_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = written(tmp_path, "names.conll", columns(tmp_path).read_text(encoding="utf-8") + "Per O\nNils I-Person\n\n")
    assert main(["init", str(data), "--output", str(tmp_path / "mine.toml")]) == 2
    assert "names.conll:26: tag 'I-Person' follows 'O'" in capsys.readouterr().err
    assert not (tmp_path / "mine.toml").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"text": "Mira left .", "label": "sad"}\n', "holds one text; enough to set some aside as dev data"),
        ("", "the file is empty"),
        (
            '{"said": "Mira left .", "mood": "sad"}\n',
            "no task reads this; data for one of classify, image, intent_slot",
        ),
    ],
)
def test_data_that_will_not_do(text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = written(tmp_path, "data.jsonl", text)
    assert main(["init", str(data), "--output", str(tmp_path / "mine.toml")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "mine.toml").exists()


def test_no_such_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "nowhere.json"), "--output", str(tmp_path / "mine.toml")]) == 2
    assert "nowhere.json: no such file or folder" in capsys.readouterr().err


# ---- parts -----------------------------------------------------------------------------------------------------------


def labelled(*pairs: tuple[str, str]) -> list[Example]:
    return [
        Example(Text(text, tokenize(text)), Label((label,)), Source("toy", line))
        for line, (text, label) in enumerate(pairs, start=1)
    ]


def test_a_text_never_stands_in_both_parts_and_a_rare_label_is_trained_on() -> None:
    pairs = [(f"text {index // 3}", "ab"[index // 3 % 2]) for index in range(60)]
    train, dev = split(labelled(*pairs), find_task("classify"), DataConfig())
    assert (len(train), len(dev)) == (54, 6)
    assert {line["text"] for line in train}.isdisjoint(line["text"] for line in dev)
    assert split(labelled(*pairs), find_task("classify"), DataConfig()) == (train, dev)
    rare = [(f"text {index}", f"label {index}" if index < 19 else "common") for index in range(21)]
    _, dev = split(labelled(*rare), find_task("classify"), DataConfig())
    assert {label["label"] for line in dev for label in line["labels"]} <= {"common"}


def test_labels_that_all_stand_once_cannot_be_parted() -> None:
    with pytest.raises(DataError, match="holds a label of its own in every example; enough to set some aside"):
        split(labelled(("one", "a"), ("two", "b"), ("three", "c")), find_task("classify"), DataConfig())


# ---- encoder, budget, time -------------------------------------------------------------------------------------------


def test_the_encoder_fits_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    task = find_task("classify")
    latin, cyrillic = labelled(("Grå dag", "sad"), ("Glad dag", "glad")), labelled(("Ещё день", "a"), ("ok день", "b"))
    assert choose_encoder(task, latin) == "minilm"
    assert choose_encoder(task, cyrillic) == "rnn"
    assert choose_encoder(find_task("language_model"), latin) == ""
    monkeypatch.setattr("spanloom.encoders.minilm.config.MODULE", "no_such_package")
    assert choose_encoder(task, latin) == "rnn", "it is not installed"


def test_the_budget_fits_the_number_of_examples() -> None:
    task = find_task("classify")
    few, more, many = (labelled(*[("text", "a")] * count) for count in (30, 1000, 20_000))
    assert budget(task, few, "rnn") == {"epochs": 60, "batch_size": 8, "learning_rate": 5e-3}
    assert budget(task, more, "rnn") == {"epochs": 24, "batch_size": 8, "learning_rate": 5e-3}
    assert budget(task, many, "rnn") == {"epochs": 8, "batch_size": 32, "learning_rate": 2e-3}
    assert budget(task, more, "minilm") == {"epochs": 12, "batch_size": 8, "learning_rate": 5e-4}
    assert budget(task, many, "minilm") == {"epochs": 3, "batch_size": 32, "learning_rate": 5e-4}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3, "less than a minute"),
        (61, "about 1 minute"),
        (800, "about 13 minutes"),
        (5399, "about 90 minutes"),
        (9000, "about 2 hours"),
    ],
)
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize("value", ['a "quoted" \\ path', "line\nbreak", "del\x7f", "naïve 名", True, 12, 5e-4])
def test_values_are_toml(value: Any) -> None:
    assert tomllib.loads(f"value = {toml_value(value)}")["value"] == value


def test_paths_are_relative_inside_the_folder_and_whole_elsewhere(tmp_path: Path) -> None:
    assert named(tmp_path / "data" / "train.json", tmp_path) == "data/train.json"
    assert named(tmp_path / "train.json", tmp_path / "configs") == str(tmp_path / "train.json")
    assert named(tmp_path / "tra\udcffin.json", tmp_path).startswith("file:///")
