"""The figures in the READMEs and in docs/ are those of the committed results, and a table says what its records say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import figures
import pytest
import rows
from short_table import short_section
from wording import CHINESE, ENGLISH, LANGUAGES


def record(row: str, seed: int, entity: float, relation: float, **more: Any) -> dict[str, Any]:
    score = {"precision": 0.5, "recall": 0.5, "interval": [0.6, 0.7]}
    return {
        "row": row,
        "seed": seed,
        "threads": 2,
        "rule": "strict",
        "scores": {"entity": {**score, "f1": entity}, "relation": {**score, "f1": relation}},
        "seconds": {"training": 100.0 + seed},
        "machine": {"cpu": "A Processor"},
        "versions": {"torch": "2.9"},
        **more,
    }


AUDIT = {
    "data": {
        "nyt": {
            "dev": {
                "sentences": 1500,
                "schemes": {
                    "table": {
                        "relations": {"precision": 1.0, "recall": 0.99, "f1": 0.995, "gold": 2000},
                        "lost": [],
                    },
                    "tagging": {
                        "relations": {"precision": 0.98, "recall": 0.5, "f1": 0.662, "gold": 2000},
                        "lost": [
                            {"kind": "relation", "cause": "overlapping", "count": 900},
                            {"kind": "entity", "cause": "in no relation", "count": 9000},
                            {"kind": "relation", "cause": "same pair twice", "count": 1200},
                        ],
                    },
                },
            }
        }
    }
}

SPEED = {
    "machine": {"cpu": "A Processor", "instructions": ["AVX2", "VNNI"]},
    "versions": {"torch": "2.9"},
    "training": {
        "sentences": 60,
        "rounds": {"spanloom": [2.0, 2.0, 2.0], "spert": [8.0, 8.0, 8.0]},
        "seconds_an_epoch": {"spanloom": 30.0, "spert": 120.0, "spert, our precision": 90.0},
        "epochs": {"spanloom": 10, "spert": 20},
        "precision": {"spanloom": "bf16"},
        "epoch_ratio": {"spert": 4.0, "spert, our precision": 3.0},
    },
    "inference": {
        "sentences_a_second": {"int8 bundle": 150.0, "torch fp32": 90.0, "spert": 25.0},
        "ratio": {"int8 bundle": 6.0, "torch fp32": 3.6},
    },
}


@pytest.mark.parametrize("page", figures.PAGES)
def test_every_page_shows_the_committed_results(repository: Path, page: str) -> None:
    text = (repository / page).read_text(encoding="utf-8")
    assert text == figures.filled(text, figures.content(page)), "Run: python benchmarks/figures.py"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_short_table_says_what_pairs_not_seen_reach(tmp_path: Path, language: str) -> None:
    words = LANGUAGES[language]
    assert short_section(tmp_path, words) == ""
    file = rows.result_file(tmp_path / "joint", "nyt-minilm", 0)
    file.parent.mkdir(parents=True)
    by_pair = {"pair seen in training": {"f1": 0.9}, "pair not seen": {"f1": 0.5}}
    file.write_text(json.dumps(record("nyt-minilm", 0, 0.9, 0.8, relation_by_pair=by_pair)), encoding="utf-8")
    _, _, line, _, note = short_section(tmp_path, words).splitlines()
    score = words["short pairs"].format(score="80.0", new=50.0)
    assert (
        line == f"| `joint` | [`nyt-minilm`](configs/nyt-minilm.toml) | {words['relation']} | {score} | 100 | 2 | 1 |"
    )
    assert note == words["short note"]


def test_a_row_shows_mean_lowest_highest_and_which_targets_are_met() -> None:
    records = [record("conll04-minilm", seed, entity, 0.66) for seed, entity in enumerate((0.86, 0.87, 0.88))]
    header, _, row, spert = figures.rows_table({"conll04-minilm": records}, ENGLISH)
    assert header.startswith(
        "| row | matching | entity F1 | relation F1 | 95% interval | of pairs seen / not seen | target"
    )
    assert row == (
        "| [`conll04-minilm`](../configs/conll04-minilm.toml) | strict | 87.0 (86.0–88.0) | 66.0 (66.0–66.0) "  # noqa: RUF001
        "| 60.0–70.0 |  | entity 86.5: met; relation 67: missed | 101 |  | 2 | 3 |"  # noqa: RUF001
    )
    assert "recorded elsewhere, not run here" in spert
    assert "| 84.8 | 63.2 |" in spert


def test_pairs_seen_in_training_have_a_score_of_their_own() -> None:
    by_pair = [
        {"pair seen in training": {"f1": seen}, "pair not seen": {"f1": new}} for seen, new in ((0.9, 0.5), (1.0, 0.6))
    ]
    records = [record("conll04-minilm", seed, 0.8, 0.66, relation_by_pair=by_pair[seed]) for seed in (0, 1)]
    assert "| 95.0 / 55.0 |" in figures.rows_table({"conll04-minilm": records}, ENGLISH)[2]


def test_a_target_is_met_by_the_mean_not_by_one_seed() -> None:
    row = rows.BenchmarkRow("row", "nyt", {"relation": 80.0})
    assert rows.met(row, [record("row", 0, 0, 0.79), record("row", 1, 0, 0.82)]) == {"relation": True}
    assert rows.met(row, [record("row", 0, 0, 0.78), record("row", 1, 0, 0.81)]) == {"relation": False}


def test_intervals_are_averaged_end_by_end() -> None:
    records = [record("row", seed, 0, 0) for seed in (0, 1)]
    records[1]["scores"]["relation"]["interval"] = [0.5, 0.9]
    assert rows.interval(records, "relation") == pytest.approx((55.0, 80.0))


def test_the_audit_names_the_causes_that_cost_relations_the_most_first() -> None:
    assert figures.audit_table(AUDIT, ENGLISH)[2] == (
        "| `nyt` dev | 1,500 | 2,000 | 100.0 / 99.0 / 99.5 | 98.0 / 50.0 / 66.2 "
        "| same pair twice 1,200, overlapping 900 |"
    )


def test_speed_sets_whole_trainings_beside_each_other() -> None:
    lines = figures.speed_table(SPEED, ENGLISH)
    assert lines[2] == "| `conll04-minilm`: int8 bundle, trained in bf16 | 30 | 300 (10) | 150 |"
    assert lines[4] == "| SpERT, fp32 as published | 120 | 1,440 (12) | 25 |"
    assert "SpERT takes 4.8 times our whole training (3.6 times in our precision) and 6.0 times our time" in lines[-1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_section_holds_what_was_measured_and_nothing_else(tmp_path: Path, language: str) -> None:
    words = LANGUAGES[language]
    assert figures.section(tmp_path, words) == ""
    file = rows.result_file(tmp_path, "nyt-minilm", 0)
    file.parent.mkdir()
    file.write_text(json.dumps(record("nyt-minilm", 0, 0.9, 0.8)), encoding="utf-8")
    (tmp_path / "audit.json").write_text(json.dumps(AUDIT), encoding="utf-8")
    assert words["model"] not in figures.section(tmp_path, words)
    (tmp_path / "speed.json").write_text(json.dumps(SPEED), encoding="utf-8")
    text = figures.section(tmp_path, words)
    assert "`nyt-minilm`" in text
    assert "A Processor, PyTorch 2.9" in text
    assert "A Processor (AVX2, VNNI), PyTorch 2.9" in text
    assert "`nyt` dev" in text
    assert "| 1,080 (12) |" in text
    assert words["recorded row"] in text
    assert "{" not in text


def test_both_languages_have_the_same_words() -> None:
    assert ENGLISH.keys() == CHINESE.keys()


def test_filling_replaces_what_stands_between_the_markers_and_nothing_else() -> None:
    text = f"above\n{figures.BEGIN}\nold\n{figures.END}\nbelow\n"
    once = figures.filled(text, "new")
    assert once == f"above\n{figures.BEGIN}\nnew\n{figures.END}\nbelow\n"
    assert figures.filled(once, "new") == once
    assert figures.filled(once, "") == f"above\n{figures.BEGIN}\n{figures.END}\nbelow\n"
    with pytest.raises(ValueError, match="once each"):
        figures.filled("no markers", "new")
