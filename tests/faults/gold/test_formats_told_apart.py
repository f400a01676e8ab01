"""Formats are told apart by what each declares of itself: in any order the most specific one, and never by a guess."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.frame import Frame
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.rewrite import Rewrite
from spanloom.answers.surprisal import Surprisal
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.inputs import Relation
from spanloom.read import detect, formats, read
from spanloom.read.parts.format import Format
from spanloom.tasks import find_task, task_names

ANSWERS = (Graph, Tags, Label, Relation, Frame, Rewrite, Surprisal)
PATH = Path("x.dat")
CONLLU = "1\tOslo\t_\tPROPN\t_\t_\t0\troot\t_\t_\n2\tsleeps\t_\tVERB\t_\t_\t1\tdep\t_\t_\n"
SAMPLES: dict[tuple[type, str], list[str]] = {
    (Graph, "casrel"): ['[{"text": "a b", "triple_list": [["a", "r", "b"]]}]'],
    (Graph, "cotype"): ['{"sentText": "a b", "relationMentions": [{"em1Text": "a", "em2Text": "b", "label": "r"}]}'],
    (Graph, "conll04"): ["#doc 5\n0\ta\tB-P\t['N']\t[0]\n1\tb\tO\t['N']\t[1]\n"],
    (Graph, "layers"): ["Mara\tB-PER\tO\nleft\tO\tO\n", "Mara B-PER\nleft O\n"],
    (Graph, "docred"): ['[{"title": "a", "sents": [["a"]], "vertexSet": [], "labels": []}]'],
    (Graph, "spert"): ['{"tokens": ["a"], "entities": []}', '[{"tokens": ["a"], "entities": [], "relations": []}]'],
    (Graph, "spanloom"): [
        '{"text": "a"}',
        '{"text": "a", "entities": []}',
        '{"text": "a", "tokens": [[0, 1]], "entities": [], "relations": []}',
    ],
    (Graph, "label-studio"): [
        '[{"id": 1, "data": {"text": "a"}, "annotations": [{"result": []}]}]',
        '[{"id": 1, "text": "a", "label": [{"start": 0, "end": 1, "text": "a", "labels": ["L"]}]}]',
    ],
    (Graph, "doccano"): [
        '{"id": 1, "text": "a", "label": [[0, 1, "L"]]}',
        '{"text": "a", "entities": [{"id": 1, "label": "L", "start_offset": 0, "end_offset": 1}], "relations": []}',
    ],
    (Graph, "prodigy"): ['{"text": "a", "tokens": [], "spans": [], "answer": "accept"}'],
    (Graph, "gliner"): [
        '{"tokenized_text": ["a"], "ner": []}',
        '[{"tokenized_text": ["a"], "ner": [], "relations": []}]',
    ],
    (Graph, "gliner2"): ['{"input": "a", "output": {"entities": {}}}', '{"text": "a", "schema": {"entities": {}}}'],
    (Graph, "dygie"): ['{"sentences": [["a"]], "ner": [[]]}', '{"sentence": ["a"], "ner": [], "relations": []}'],
    (Graph, "spacy-tuples"): ['[["a", {"entities": []}]]', "DATA = [('a', {'entities': []})]\n"],
    (Graph, "webanno"): ["#FORMAT=WebAnno TSV 3.3\n#T_SP=x.Name|value\n\n\n#Text=a\n1-1\t0-1\ta\t_\t\n"],
    (Graph, "xmi"): ['<?xml version="1.0"?>\n<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmi:version="2.0"></xmi:XMI>'],
    (Label, "gliner2"): ['{"input": "a", "output": {"classifications": [{"task": "t", "true_label": ["x"]}]}}'],
    (Label, "spacy-tuples"): ['[["a", {"cats": {"x": 1.0}}]]'],
    (Tags, "huggingface"): ['{"tokens": ["a"], "ner_tags": ["O"]}', '{"id": "0", "words": ["a"], "pos_tags": ["X"]}'],
    (Relation, "tacred"): [
        '[{"token": ["a", "b"], "subj_start": 0, "subj_end": 0, "obj_start": 1, "obj_end": 1, "relation": "r"}]'
    ],
    (Frame, "rasa"): ["nlu:\n- intent: a\n  examples: |\n    - b\n"],
    (Label, "label-studio"): [
        '[{"id": 1, "data": {"text": "a"}, "annotations": [{"result": [{"type": "choices", "value": '
        '{"choices": ["x"]}}]}]}]'
    ],
    (Label, "doccano"): ['{"id": 1, "text": "a", "label": ["x"]}'],
    (Label, "prodigy"): [
        '{"text": "a", "options": [{"id": "x"}], "accept": ["x"], "answer": "accept"}',
        '{"text": "a", "label": "x", "answer": "accept"}',
    ],
    (Tags, "columns"): ["Mara\tNNP\nleft\tVBD\n", "Mara B-PER\nleft O\n"],
    (Tags, "conllu"): [CONLLU, f"# text = Oslo sleeps\n{CONLLU}"],
    (Tags, "spanloom"): ['{"tokens": ["a"], "tags": ["O"]}', '{"text": "a", "entities": []}'],
    (Label, "table"): ["label,text\nx,A b\n", "x\tA, b\n", "sep=;\nlabel;text\nx;A\n"],
    (Label, "fasttext"): ["__label__x A, b; c\n__label__y B\n"],
    (Label, "spanloom"): ['{"text": "a, b", "label": "x"}', '[{"first": "a", "second": "b", "label": "x"}]'],
    (Relation, "spanloom"): [
        '{"text": "a b", "head": {"start": 0, "end": 1}, "tail": {"start": 2, "end": 3}, "relation": "r"}'
    ],
    (Relation, "semeval"): [
        '{"tokens": ["a", "b"], "head": ["a", "a", [[0]]], "tail": ["b", "b", [[1]]], "relation": "r"}'
    ],
    (Relation, "semeval_text"): ["<e1>a</e1> <e2>b</e2>\nr\n"],
    (Frame, "spanloom"): [
        '{"text": "a", "intent": "i", "slots": []}',
        '{"tokens": ["a"], "tags": ["O"], "intent": "i"}',
    ],
    (Rewrite, "tsv"): ["a\tb\tc\td\n"],
    (Rewrite, "spanloom"): ['{"turns": ["a", "b"], "rewrite": "c"}'],
    (Surprisal, "plain"): ["Some text.\n", "[Picture: a lake]\n\nSome text.\n"],
    (Surprisal, "spanloom"): ['{"text": "a"}'],
}
ALL = [(answer, name, sample) for (answer, name), samples in SAMPLES.items() for sample in samples]
OF_FOLDERS = {"brat", "classes", "parallel", "spacy"}
"""Formats that no text shows: of folders, and of files that hold none."""


def test_each_format_of_each_task_has_a_sample() -> None:
    for answer in ANSWERS:
        assert {name for other, name in SAMPLES if other is answer} == formats(answer).keys() - OF_FOLDERS
    assert {type(find_task(name).answer()) for name in task_names()} == set(ANSWERS)


@pytest.mark.parametrize(("answer", "name", "sample"), ALL)
def test_a_sample_is_of_its_format_beside_any_other_in_any_order(answer: type, name: str, sample: str) -> None:
    known = formats(answer)
    assert detect(sample, PATH, known) == name
    assert detect(sample, PATH, dict(reversed(known.items()))) == name
    for first, second in itertools.permutations(known, 2):
        if name in (first, second):
            assert detect(sample, PATH, {key: known[key] for key in (first, second)}) == name


@pytest.mark.parametrize(("answer", "name", "sample"), ALL)
@pytest.mark.parametrize("other", ANSWERS)
def test_no_sample_passes_through_another_task_as_another_kind_of_file(
    other: type, answer: type, name: str, sample: str
) -> None:
    found = _answer_or_error(lambda: detect(sample, PATH, formats(other)))
    if isinstance(found, DataError):
        assert found.expected.startswith("one of: ")
    else:
        assert bool(formats(other)[found].keys) == sample.startswith(("{", "[{"))


@pytest.mark.parametrize("task", task_names())
@pytest.mark.parametrize("sample", [sample for _, _, sample in ALL if sample.startswith(("{", "[{"))])
def test_json_of_another_task_is_never_read_as_being_without_gold(tmp_path: Path, task: str, sample: str) -> None:
    """What is read has gold, or is the object {"text": …} alone, or the error names a key of the file."""
    path = tmp_path / "x.json"
    path.write_text(sample)
    found = _answer_or_error(lambda: list(find_task(task).read(path, DataConfig())))
    if isinstance(found, list):
        assert all(example.gold is not None for example in found) or sample == '{"text": "a"}'
    else:
        item = json.loads(sample)
        keys = item[0] if isinstance(item, list) else item
        assert any(key in str(found).replace(str(path), "") for key in keys)


def _answer_or_error(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except DataError as error:
        return error


def test_formats_that_fit_equally_well_are_both_named() -> None:
    def made_up(number: int) -> Format:
        return Format("made up", "any", Graph, lambda beginning: number * beginning.count("%"), lambda *_: iter(()))

    known = {"one": made_up(1), "two": made_up(2), "three": made_up(2)}
    message = r"x\.dat: the data may be in the format 'two' or 'three', which fit equally well; one format\. "
    with pytest.raises(DataError, match=message + r"Set data\.format = 'two', say\."):
        detect("%", PATH, known)
    assert detect("%", PATH, {key: known[key] for key in ("one", "two")}) == "two"


def test_gold_of_two_formats_in_one_object_is_a_tie(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"text": "Bo left", "triple_list": [], "entities": []}')
    with pytest.raises(DataError, match="may be in the format 'casrel' or 'spanloom', which fit equally well"):
        list(read(path, DataConfig()))
    assert len(list(read(path, DataConfig(format="casrel")))) == 1


def test_a_list_inside_an_object_is_pointed_at() -> None:
    beginning = '{"version": 1,\n "data": [\n {"text": "a", "entities": []}]}'
    found = r"no known format, the keys of the first object are 'version', 'data'; one of: .*"
    remedy = r"If the examples are the list under 'data', write that list to a file of its own\."
    with pytest.raises(DataError, match=found + remedy):
        detect(beginning, PATH, formats(Graph))
