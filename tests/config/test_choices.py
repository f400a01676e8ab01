"""A choice that brings settings of its own is a table that its `kind` tells, written short or long."""

from __future__ import annotations

import re
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from spanloom.config import (
    Choice,
    RunConfig,
    TrainConfig,
    attacks,
    build,
    check_values,
    kinds_of,
    load_config,
    optimizers,
    samplers,
    schedules,
    setting,
    to_toml,
)
from spanloom.config.listing import tables_of
from spanloom.config.ranges import Count, Fraction, shown
from spanloom.config.settings import moved
from spanloom.errors import ConfigError
from spanloom.run.cli import main
from spanloom.tasks import find_task

CHOICES = ("schedule", "sampler", "optimizer", "adversarial")


def load(folder: Path, train: str = "", *overrides: str) -> RunConfig:
    path = folder / "run.toml"
    path.write_text(f'task = "tag"\n{train}', encoding="utf-8")
    return load_config(path, overrides, lambda name: find_task(name).config)


@pytest.mark.parametrize(
    ("train", "overrides", "expected"),
    [
        ("", (), schedules.Linear()),
        ('[train]\nschedule = "cosine"', (), schedules.Cosine()),
        ('[train.schedule]\nkind = "cosine"\nfinal = 0.25', (), schedules.Cosine(final=0.25)),
        ("[train.schedule]\nfinal = 0.25", (), schedules.Linear(final=0.25)),
        ('[train]\nschedule = { kind = "step", every = 0.125 }', (), schedules.Step(every=0.125)),
        ("", ("train.schedule=cosine",), schedules.Cosine()),
        ("", ("train.schedule.kind=cosine",), schedules.Cosine()),
        ("", ("train.schedule=polynomial", "train.schedule.power=3"), schedules.Polynomial(power=3.0)),
        ("", ("train.schedule.power=3", "train.schedule=polynomial"), schedules.Polynomial(power=3.0)),
        ("", ("train.schedule={kind='step', gamma=0.25}",), schedules.Step(gamma=0.25)),
        ('[train]\nschedule = "polynomial"', ("train.schedule.power=3",), schedules.Polynomial(power=3.0)),
        ('[train]\nschedule = "polynomial"', ("train.schedule.kind=cosine",), schedules.Cosine()),
        ('[train.schedule]\nkind = "polynomial"\npower = 3', ("train.schedule=cosine",), schedules.Cosine()),
        (
            '[train.schedule]\nkind = "polynomial"\nfinal = 0.5',
            ("train.schedule.kind=cosine",),
            schedules.Cosine(final=0.5),
        ),
        ("", ("train.schedule=multistep", "train.schedule.milestones=0.5"), schedules.MultiStep(milestones=(0.5,))),
    ],
)
def test_a_table_by_its_kind(tmp_path: Path, train: str, overrides: tuple[str, ...], expected: Any) -> None:
    assert load(tmp_path, train, *overrides).train.schedule == expected


def test_every_choice_may_be_set_at_once(tmp_path: Path) -> None:
    text = """
[train]
sampler = "shuffled"
[train.optimizer]
kind = "sgd"
momentum = 0.5
[train.adversarial]
kind = "pgd"
steps = 2
"""
    train = load(tmp_path, text).train
    assert (train.sampler, train.optimizer, train.adversarial) == (
        samplers.Shuffled(),
        optimizers.SGD(momentum=0.5),
        attacks.PGD(steps=2),
    )


@pytest.mark.parametrize(("choice", "kind"), [(name, kind) for name in CHOICES for kind in kinds_of(TrainConfig, name)])
def test_every_kind_is_called_what_it_says(tmp_path: Path, choice: str, kind: str) -> None:
    chosen = getattr(load(tmp_path, "", f"train.{choice}={kind}").train, choice)
    assert chosen == kinds_of(TrainConfig, choice)[kind]()
    assert chosen.kind == kind


SCHEDULES = "'linear' or 'constant' or 'step' or "


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "train.schedule.power=3",
            "train.schedule.power: kind 'linear' has no such setting; 'polynomial' has. "
            "Leave it out, or set train.schedule.kind = 'polynomial'.",
        ),
        (
            "train.schedule={kind='cosine', gamma=0.5}",
            "train.schedule.gamma: kind 'cosine' has no such setting; 'step', 'multistep', 'exponential' and 'plateau' "
            "have. Leave it out, or set train.schedule.kind = 'step'.",
        ),
        ("train.schedule.finl=3", "unknown key train.schedule.finl; did you mean train.schedule.final?"),
        ("train.schedule.zzz=3", "unknown key train.schedule.zzz; known keys: kind, final"),
        ("train.schedule=cosin", "train.schedule is 'cosin'; did you mean 'cosine'?; 'linear' or"),
        ("train.schedule.kind=cosin", "train.schedule.kind is 'cosin'; did you mean 'cosine'?; 'linear' or"),
        ("train.schedule=5", f"train.schedule is 5; {SCHEDULES}"),
        ("train.schedule=[1]", f"train.schedule is [1]; {SCHEDULES}"),
        ("train.schedule.kind=[1]", f"train.schedule.kind is [1]; {SCHEDULES}"),
        ("train.schedule.kind=zzz", "train.schedule.kind is 'zzz'; 'linear' or"),
        ("train.schedule=", f"train.schedule is ''; {SCHEDULES}"),
        ("train.schedule.final=2", "train.schedule.final is 2.0; a part in 0..1. Set train.schedule.final = 0.0, say."),
        ("train.schedule.final=half", "train.schedule.final is 'half'; a number. Set train.schedule.final = 0.0, say."),
        (
            "train.sampler={kind='breakpoints', breakpoints=[8, 8]}",
            "train.sampler.breakpoints is [8, 8]; rising numbers, at least one. Set train.sampler.breakpoints = [8",
        ),
        ("train.sampler={kind='breakpoints', breakpoints=[]}", "train.sampler.breakpoints is []; rising numbers"),
        ("train.schedule.kind.more=5", "train.schedule.kind is {'more': 5}; 'linear' or"),
    ],
)
def test_what_is_no_table_of_a_choice_is_named(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"override {shown(override)}: {message}")):
        load(tmp_path, "", override)


def test_the_kind_that_a_wrong_one_is_replaced_by_is_the_usual_one(tmp_path: Path) -> None:
    for override in ("train.schedule=5", "train.schedule.kind=5"):
        with pytest.raises(ConfigError, match=rf'Set {override.partition("=")[0]} = "linear", say\.$'):
            load(tmp_path, "", override)


@pytest.mark.parametrize(
    ("old", "message"),
    [
        (
            "power=3",
            "train.power is called train.schedule.power now; of the kind 'polynomial'. "
            "Set train.schedule.power, with train.schedule.kind = 'polynomial'.",
        ),
        (
            "gamma=0.5",
            "train.gamma is called train.schedule.gamma now; of the kinds 'step', 'multistep', 'exponential' and "
            "'plateau'. Set train.schedule.gamma, with train.schedule.kind = 'step', say.",
        ),
        ("final_learning_rate=0.1", "train.final_learning_rate is called train.schedule.final now; of the kinds"),
        ("decay_every=0.1", "train.decay_every is called train.schedule.every now"),
        ("milestones=[0.5]", "train.milestones is called train.schedule.milestones now"),
        ("cycle_start=0.1", "train.cycle_start is called train.schedule.start now; of the kind 'onecycle'"),
        ("plateau=2", "train.plateau is called train.schedule.patience now; of the kind 'plateau'"),
        ("breakpoints=[8]", "train.breakpoints is called train.sampler.breakpoints now"),
        ("length_buckets=8", "train.length_buckets is called train.sampler.groups now; of the kind 'kmeans'"),
        ("window=50", "train.window is called train.sampler.window now; of the kind 'windows'"),
        ("sample_by=class", "train.sample_by is called train.sampler.by now; of the kind 'weighted'"),
        ("momentum=0.9", "train.momentum is called train.optimizer.momentum now; of the kind 'sgd'"),
        ("adversarial_epsilon=1", "train.adversarial_epsilon is called train.adversarial.epsilon now; of the kinds"),
        ("adversarial_alpha=1", "train.adversarial_alpha is called train.adversarial.alpha now; of the kind 'pgd'"),
        ("adversarial_steps=1", "train.adversarial_steps is called train.adversarial.steps now; of the kind 'pgd'"),
    ],
)
def test_a_name_of_before_says_the_name_of_now(tmp_path: Path, old: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        load(tmp_path, "", f"train.{old}")


def test_no_name_of_before_is_a_name_of_now() -> None:
    """It would be taken for the setting of today, and nobody would be told."""
    hints = typing.get_type_hints(TrainConfig)
    assert [name for name in hints if list(moved(hints, name))] == []
    assert list(moved(hints, "decay_every")) == [("schedule.every", "step"), ("schedule.every", "exponential")]


def test_what_is_written_out_reads_back_the_same(tmp_path: Path) -> None:
    for name in CHOICES:
        for kind in kinds_of(TrainConfig, name):
            config = load(tmp_path, "", f"train.{name}={kind}")
            (tmp_path / "again.toml").write_text(to_toml(config), encoding="utf-8")
            again = load_config(tmp_path / "again.toml", [], lambda task: find_task(task).config)
            assert again == config


def test_the_command_line_says_so_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.toml").write_text('task = "tag"\n[train]\npower = 3\n', encoding="utf-8")
    assert main(["train", str(tmp_path / "run.toml"), "--output", str(tmp_path / "run")]) == 2
    assert "run.toml: train.power is called train.schedule.power now" in capsys.readouterr().err


def test_a_kind_alone_is_no_table_in_python() -> None:
    """Only a file and the command line have the short form; here it would train without any schedule."""
    wrong = TrainConfig(schedule="cosine")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"^train\.schedule: is 'cosine'; a table of the kind 'linear' or 'constant'"):
        check_values(wrong, "train.")


@dataclass(frozen=True)
class Base:
    """What all tables of a choice by listing are."""

    kind: str


@dataclass(frozen=True)
class Sour(Base):
    """Sour."""

    kind: Literal["sour"] = "sour"
    limes: Count = setting(2, "how many limes")


@dataclass(frozen=True)
class Sweet(Base):
    """Sweet."""

    kind: Literal["sweet"] = "sweet"
    sugar: Fraction = setting(0.5, "how much sugar")


def found() -> dict[str, type]:
    return {"sour": Sour, "sweet": Sweet}


@dataclass(frozen=True)
class Drink:
    """A table with a choice of tables that are found when they are asked for."""

    taste: Annotated[Base, Choice(found)] = setting(Sour(), "what it tastes of")


def test_tables_that_are_found_by_listing_are_a_choice_as_any_other() -> None:
    def built(taste: Any) -> Base:
        return build(Drink, {"taste": taste}, "here", Path.cwd()).taste

    assert kinds_of(Drink, "taste") == found()
    assert built("sweet") == Sweet()
    assert built({"limes": 3}) == Sour(limes=3)
    assert built({"kind": "sweet", "sugar": 1}) == Sweet(sugar=1.0)
    for taste, says in (
        ({"kind": "sweet", "limes": 3}, "here: taste.limes: kind 'sweet' has no such setting; 'sour' has"),
        ("sweat", "here: taste is 'sweat'; did you mean 'sweet'?"),
        ({"limes": 0}, "here: taste.limes is 0; at least 1"),
    ):
        with pytest.raises(ConfigError, match=re.escape(says)):
            built(taste)
    with pytest.raises(ConfigError, match=r"^taste: is 'sour'; a table of the kind 'sour' or 'sweet'"):
        check_values(Drink(taste="sour"))  # type: ignore[arg-type]
    check_values(Drink(taste=Sweet()))
    assert [(table.name, table.kind) for table in tables_of(Drink, "drink")] == [
        ("drink", ""),
        ("drink.taste", "sour"),
        ("drink.taste", "sweet"),
    ]
