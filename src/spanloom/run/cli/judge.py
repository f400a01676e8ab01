"""`spanloom evaluate` and `spanloom compare`: how good is a model, and is it better than another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spanloom.run.cli.settings import Look, SecondLook, Settings, data_config
from spanloom.write.terminal import say, tell, tell_json

Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")]


def evaluate(
    model: Annotated[Path, typer.Argument(help="A run folder or a bundle.")],
    data: Annotated[Path, typer.Argument(help="Annotated data that the model was not trained on.")],
    settings: Settings = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="DIR", help="Save the scorecard and an HTML page in this folder.")
    ] = None,
    second_look: SecondLook = Look.auto,
    plot_reliability: Annotated[
        Path | None,
        typer.Option("--plot-reliability", metavar="FILE.svg", help="Draw how many are right, by their score."),
    ] = None,
    json_: Json = False,
) -> None:
    """Score a model on annotated data."""
    from spanloom.run.evaluate import PAGE, check_picture, data_sentences, evaluate, plot_scores

    if plot_reliability is not None:
        check_picture(plot_reliability, data)
    scorecard = evaluate(model, data, report, data_config(settings or []), second_look.value)
    for sentence in [*scorecard["read"]["said"], *data_sentences(scorecard)]:
        say(sentence)
    if plot_reliability is not None:
        plot_scores(scorecard, plot_reliability)
    if json_:
        tell_json(scorecard)
        return
    from spanloom.write.tables import print_scorecard

    print_scorecard(scorecard)
    if report is not None:
        tell(f"Gold beside predicted: {report / PAGE}")


def calibrate(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    data: Annotated[
        Path | None, typer.Argument(help="Annotated data that the model was not trained on; else the run's dev data.")
    ] = None,
    settings: Settings = None,
    decide: Annotated[
        bool, typer.Option("--decide", help="Also choose how sure a relation must be to be given, for the best F1.")
    ] = False,
    json_: Json = False,
) -> None:
    """Fit what a trained model's scores are worth on annotated data; 'export' then takes that along."""
    from spanloom.run.calibrate import calibrate

    found = calibrate(run, data, decide, data_config(settings or []))
    if json_:
        tell_json(found)
        return
    from spanloom.write.tables import print_calibration

    print_calibration(found)
    tell(f"Kept in {run}. Next: spanloom export {run} --output BUNDLE")


def compare(
    a: Annotated[Path, typer.Argument(metavar="REPORT_A", help="A folder that 'evaluate --report' left.")],
    b: Annotated[Path, typer.Argument(metavar="REPORT_B", help="Another, of the same data.")],
    json_: Json = False,
) -> None:
    """Test whether two models differ: a paired bootstrap over the sentences of two reports."""
    from spanloom.metrics.comparison import compare_scorecards
    from spanloom.run.evaluate import data_sentences, read_scorecard

    cards = read_scorecard(a), read_scorecard(b)
    comparison = compare_scorecards(*cards)
    for name, path, card in zip("AB", (a, b), cards, strict=True):
        for sentence in data_sentences(card, str(path)):
            say(f"{name}: {sentence}")
    if json_:
        tell_json(comparison)
        return
    from spanloom.write.tables import print_comparison

    print_comparison(comparison)
