"""The stages of prediction, called one by one, give what the predictor gives."""

from __future__ import annotations

from spanloom.predict.predictor import load

LONG = "Mira Holm runs Nordvik Press in Bergen . Olav Lie , who lives in Oslo , works for Tana Mills . " * 12


def test_stage_by_stage_is_all_at_once() -> None:
    predictor = load(threads=1, second_look="off")
    works = [predictor.encode(predictor.prepare(text)) for text in (LONG, "Ada met Bo in Leeds .", "")]
    assert [len(work.rows) > 1 for work in works] == [True, False, False]
    assert works[2].rows == []
    rows = [row for work in works for row in work.rows]  # of several texts together, as a server gathers them
    answers = iter(predictor.decode(predictor.forward(rows)))
    merged = [predictor.merge(work, [next(answers) for _ in work.rows]) for work in works]
    inputs = [work.item for work in works]
    assert merged == list(predictor.predict_inputs(inputs))
    presented = [predictor.present(item, answer) for item, answer in zip(inputs, merged, strict=True)]
    assert presented == predictor([LONG, "Ada met Bo in Leeds .", ""])
    assert merged[0].spans
    assert merged[2] == predictor.task.answer()
    assert predictor.predict_rows(rows) == predictor.decode(predictor.forward(rows))


def test_a_predictor_says_what_it_is() -> None:
    shown = repr(load())
    assert shown.startswith("Predictor(task='joint', model='")
    assert ", scripts=('Latin', 'Han'), entity_label=(" in shown
    assert ", relation=('appears in', " in shown
    assert shown.endswith(", ...))")
