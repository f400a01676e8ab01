"""Score a model on annotated data, and leave a report behind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from spanloom.answers import kind_of
from spanloom.answers.parts.drawing import as_given
from spanloom.check.leaks import FILE as TRAINING_TEXTS
from spanloom.check.leaks import TrainingTexts
from spanloom.check.unknown import UnknownLabels, unknown_sentence
from spanloom.config import DataConfig
from spanloom.config.data import GIVEN
from spanloom.contracts import Scorecard
from spanloom.core import Example
from spanloom.errors import ConfigError, DataError
from spanloom.predict.predictor import SecondLook, load
from spanloom.predict.reading import Reading
from spanloom.run.items import Data, examples_of, path_of
from spanloom.run.user_config import data_settings
from spanloom.write.answer_html import Draw
from spanloom.write.atomic import atomic_write
from spanloom.write.confusion import confusion_svg
from spanloom.write.html import comparison_items, scorecard_page
from spanloom.write.lines import atomic_text, refuse_to_replace, write_lines
from spanloom.write.notebook import ShownScorecard
from spanloom.write.overview import Provenance
from spanloom.write.reliability import reliability_svg

SCORECARD = "scorecard.json"
PAGE = "report.html"
PREDICTIONS = "predictions.jsonl"
CONFUSION = "confusion.svg"
RELIABILITY = "reliability.svg"
NONE_UNKNOWN: dict[str, Any] = {"facts": 0, "labels": []}


def evaluate(
    model: str | Path | None,
    data: Data,
    report: str | Path | None = None,
    data_config: DataConfig | Mapping[str, Any] | None = None,
    second_look: SecondLook = "auto",
) -> ShownScorecard:
    """Score a run folder or bundle (None: the bundled model) on annotated data: a file, or items as `train` takes them.

    Returns the scorecard, a dict of plain values that shows itself as tables, in a notebook too.

    report: a folder, made if missing, for `scorecard.json`, `report.html` (gold beside predicted), `predictions.jsonl`,
    and, where labels are confused with one another, `confusion.svg`, where answers have scores, `reliability.svg`.
    data_config: how the data are read, such as `{"encoding": "gb18030"}`, the `[data]` table of a configuration.
    second_look: see `Predictor`. Keys of the scorecard beside the task's own:

    read     what was longer than the model reads at once, and what was left out (see `Reading`)
    unknown  facts whose label training never had, which count as missed: `facts`, how many, and `labels`, each with
             its kind and its number of facts
    leaked   texts that the run was trained on: `count`, `of` how many, and where the `first` stand; None where the
             model does not know its training texts, as no bundle does

    Raises CheckpointError for the model, DataError for the data, citing the line, ConfigError where the report would
    replace the data.
    """
    named = path_of(data)
    path = GIVEN["dev"] if named is None else named
    if report is not None:
        for name in (SCORECARD, PAGE, PREDICTIONS, CONFUSION, RELIABILITY):
            refuse_to_replace(Path(report) / name, path)
    settings = data_settings(data_config)
    predictor = load(None if model is None else Path(model), second_look=second_look)
    task = predictor.task
    examples = examples_of(task, data, "data", settings) if named is None else list(task.read(path, settings))
    require_gold(examples, path)
    if settings.unknown_labels == "error":
        for example in examples:
            predictor.codec.require_known(example)
    trained_on = TrainingTexts.load(predictor.source / TRAINING_TEXTS)
    reading = Reading()
    predictions = list(predictor.predict_inputs((example.input for example in examples), reading))
    kind = kind_of(predictor.task.answer())
    scorecard = ShownScorecard(predictor.task.score(examples, predictions, predictor.codec))
    scorecard |= {
        "read": reading.to_dict(),
        "unknown": UnknownLabels.of(predictor.codec, examples).to_dict(),
        "leaked": None if trained_on is None else trained_on.leaks(predictor.task, examples).to_dict(),
    }
    if report is not None:
        items = list(comparison_items(examples, predictions, predictor.task.show))
        provenance = Provenance(predictor.source.resolve().name, path.name, date.today().isoformat())
        save_report(Path(report), provenance, scorecard, items, kind.draw)
    return scorecard


def save_report(
    folder: Path,
    provenance: Provenance,
    scorecard: Mapping[str, Any],
    items: Sequence[Mapping[str, Any]],
    draw: Draw = as_given,
) -> None:
    """Write the files of a report; the scorecard last, so that where it is the others are.

    provenance, items, draw: see `scorecard_page`.
    """
    for name, picture in ((CONFUSION, confusion_svg(scorecard)), (RELIABILITY, reliability_svg(scorecard))):
        if picture is not None:
            atomic_write(folder / name, picture)
    write_lines(folder / PREDICTIONS, (item["predicted"] for item in items))
    with atomic_text(folder / PAGE) as file:
        file.writelines(scorecard_page(scorecard, items, draw=draw, provenance=provenance))
    atomic_write(folder / SCORECARD, json.dumps(scorecard, ensure_ascii=False, indent=1) + "\n")


def check_picture(picture: Path, data: Path) -> None:
    """Raise ConfigError for a picture under the name of another kind, or in the place of the data."""
    if picture.suffix.lower() != ".svg":
        remedy = f"Write --plot-reliability {picture.with_suffix('.svg').name}."
        raise ConfigError("--plot-reliability", f"is {str(picture)!r}", "a file that ends in .svg", remedy)
    refuse_to_replace(picture, data)


def plot_scores(scorecard: Mapping[str, Any], picture: Path) -> None:
    """Draw whether scores mean what they say. Raises ConfigError where the answers have none."""
    drawn = reliability_svg(scorecard)
    if drawn is None:
        found = "no answer of this model has a score"
        raise ConfigError("--plot-reliability", found, "answers with scores", "Leave it out.")
    atomic_write(picture, drawn)


def require_gold(examples: list[Example], path: Path) -> None:
    """Raise DataError where there is nothing to score against, citing the first line without gold."""
    if not examples:
        raise DataError(str(path), "no examples", "at least one annotated example", "Name another file.")
    without = [example for example in examples if example.gold is None]
    if without:
        found = f"no gold answer, as in {len(without):,} of {len(examples):,} examples"
        raise DataError(str(without[0].source), found, "annotated data", "Annotate it, or use 'predict'.")


def data_sentences(scorecard: Mapping[str, Any], where: str = "scorecard") -> list[str]:
    """What a person should know of the data that a scorecard is of; nothing where all is well.

    Raises DataError, citing `where`, for a scorecard that does not say it as `evaluate` does.
    """
    unknown, leaked = scorecard.get("unknown") or NONE_UNKNOWN, scorecard.get("leaked") or {"count": 0}
    try:
        told = [unknown_sentence(unknown, "this data")]
        if leaked["count"]:
            stood = f"Stood in the training data: {leaked['count']:,} of {leaked['of']:,} texts"
            told.append(f"{stood}, the first at {leaked['first'][0]}. Expect less of new texts.")
    except (KeyError, TypeError, ValueError, IndexError) as error:
        found = f"'unknown' or 'leaked' is damaged ({error!r})"
        raise DataError(where, found, "what 'evaluate' writes there", "Run 'spanloom evaluate' again.") from error
    return [sentence for sentence in told if sentence]


def read_scorecard(path: Path) -> Scorecard:
    """A scorecard that `evaluate` or `train` left, by its file or the folder that holds it. Raises DataError."""
    file = path / SCORECARD if path.is_dir() else path
    if not file.is_file():
        raise DataError(
            str(file), "no such file", "a scorecard", "Make one with: spanloom evaluate MODEL DATA --report DIR"
        )
    again = "Run 'spanloom evaluate' again."
    try:
        scorecard = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(str(file), f"could not be read: {error.strerror}", "a scorecard", again) from None
    except (ValueError, RecursionError) as error:
        raise DataError(str(file), f"not JSON: {error}", "a scorecard", again) from None
    if not isinstance(scorecard, dict):
        raise DataError(
            str(file), f"a JSON {type(scorecard).__name__}", "a scorecard, which is a JSON object", "Name another file."
        )
    return scorecard
