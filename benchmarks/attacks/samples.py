"""A small sample of every format, our own writing: what the attack mutates and `tests/test_every_format.py` reads.

Files by name; `open` is what is read.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Sample:
    """The files of one format, the task that reads them, and the name of the file or folder that is opened.

    opened: whether the reader looks into the files; of folders of pictures it reads their names alone.
    """

    task: str
    open: str
    files: Mapping[str, str | bytes]
    opened: bool = True

    def write(self, folder: Path) -> Path:
        """Write the files into a folder; what is to be opened."""
        for name, text in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        return folder / self.open


def _lines(*items: dict[str, Any]) -> str:
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)


def _one(task: str, name: str, text: str | bytes) -> Sample:
    return Sample(task, name, {name: text})


MIRA = "Mira Solberg left Oslo for Kvanefjord ."
PERSON = {"start": 0, "end": 12, "label": "person"}
PLACE = {"start": 18, "end": 22, "label": "place"}
LEFT = {"head": 0, "tail": 1, "label": "left"}
CONLLU = (
    "# text = Boats left\n1\tBoats\tboat\tNOUN\tNNS\t_\t2\tnsubj\t_\t_\n2\tleft\tleave\tVERB\tVBD\t_\t0\troot\t_\t_\n\n"
)


def _label_studio(result: list[dict[str, Any]]) -> dict[str, Any]:
    """A task that one person annotated."""
    return {"id": 1, "data": {"text": MIRA}, "annotations": [{"completed_by": 1, "result": result}]}


def _region(name: str, span: Mapping[str, Any]) -> dict[str, Any]:
    value = {"start": span["start"], "end": span["end"], "labels": [span["label"]]}
    return {"id": name, "from_name": "label", "to_name": "text", "type": "labels", "value": value}


MARKED = [
    _region("a", PERSON),
    _region("b", PLACE),
    {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right", "labels": ["left"]},
]
CHOSEN = {"id": "c", "from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["good"]}}

# What spaCy's DocBin(attrs=["ENT_IOB", "ENT_TYPE"], store_user_data=True).to_bytes() makes of the sentence above with
# its two entities in doc.ents, the relation in doc.user_data[("._.", "rel", None, None)], and doc.cats = {"travel": 1}.
DOCBIN = base64.b64decode(
    "eJzrWl6WWlScmZ+32EDPcGliSUlR8WRHX79lJfnZqXnFR1ZMf9O2K9/m/09mBgi4kBD/Qupz6tkTTzets9M7U8GIJv7ObnuJYnqfORMDKjAs8dWO"
    "OLpZGmaOov1NZtU5Thn1S3Of3GWbcA9dvYXtOuk1InK30cUXHVrj8+Zm/Xp08WXFBYnJqcVH2BkhYHlOal56SUbxERZ2oOzy4pKizLz04lkLFuqt"
    "8i5LzEtNy8ovSlnim1mUuMS/OCd/eXB+TlJqUfritPyiJTmpaSXLCoDBkp+3tCAHaOyS5MSS4olNy0qKEstSc07bf4DYuSQtPz/lNMwFS9NyEtOL"
    "JzZuykgsji/Ny87LL8+Lh7jq8GognRefXpRfWlA88QjjhJWlxalF8SmJJYkTj6g2LcpMWZRoOGWxXrze4qLUnAMHGicxMDeCnQG3CwDQjZEF"
)
NAMED = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
WEBANNO = (
    f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NAMED}|value\n#T_RL=webanno.custom.Relation|label|BT_{NAMED}\n\n\n"
    "#Text=Mira Solberg left Oslo .\n1-1\t0-4\tMira\tperson[1]\t_\t_\t\n1-2\t5-12\tSolberg\tperson[1]\t_\t_\t\n"
    "1-3\t13-17\tleft\t_\t_\t_\t\n1-4\t18-22\tOslo\tplace\tleft\t1-1[1_0]\t\n1-5\t23-24\t.\t_\t_\t_\t\n"
)
XMI = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" '
    'xmlns:cas="http:///uima/cas.ecore" xmlns:custom="http:///webanno/custom.ecore" xmi:version="2.0">\n'
    '<cas:NULL xmi:id="0"/>\n<custom:Name xmi:id="2" sofa="1" begin="0" end="12" value="person"/>\n'
    '<custom:Name xmi:id="3" sofa="1" begin="18" end="22" value="place"/>\n'
    '<custom:Relation xmi:id="4" sofa="1" begin="18" end="22" label="left" Governor="2" Dependent="3"/>\n'
    f'<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" mimeType="text" sofaString="{MIRA}"/>\n'
    '<cas:View sofa="1" members="2 3 4"/>\n</xmi:XMI>\n'
)


def _type(name: str, **features: str) -> str:
    """A type of UIMA's annotations, as its descriptor has it."""
    described = "".join(
        f"<featureDescription><name>{feature}</name><description/><rangeTypeName>{kind}</rangeTypeName>"
        "</featureDescription>"
        for feature, kind in features.items()
    )
    return (
        f"<typeDescription><name>{name}</name><description/><supertypeName>uima.tcas.Annotation</supertypeName>"
        f"<features>{described}</features></typeDescription>\n"
    )


STRING, ANNOTATION = "uima.cas.String", "uima.tcas.Annotation"
TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier">\n'
    + "<types>\n"
    + _type("webanno.custom.Name", value=STRING)
    + _type("webanno.custom.Relation", label=STRING, Governor=ANNOTATION, Dependent=ANNOTATION)
    + "</types>\n</typeSystemDescription>\n"
)

SAMPLES: dict[str, Sample] = {
    "brat": Sample(
        "joint",
        "notes",
        {
            "notes/a.txt": "Mira Solberg left Oslo.\n",
            "notes/a.ann": "T1\tperson 0 12\tMira Solberg\nT2\tplace 18 22\tOslo\nR1\tleft Arg1:T1 Arg2:T2\n",
        },
    ),
    "casrel": _one("joint", "a.json", json.dumps([{"text": MIRA, "triple_list": [["Mira Solberg", "left", "Oslo"]]}])),
    "classes": Sample("classify", "mood", {"mood/good.txt": "Warm soup .\n", "mood/bad.txt": "Nobody came .\n"}),
    "conll04": _one(
        "joint",
        "a.txt",
        "#doc 1\n0\tMira\tB-Peop\t['N']\t[0]\n1\tSolberg\tI-Peop\t['left']\t[3]\n2\tleft\tO\t['N']\t[2]\n"
        "3\tOslo\tB-Loc\t['N']\t[3]\n",
    ),
    "conll_columns": _one("tag", "a.conll", "Mira B-PER\nSolberg I-PER\nleft O\nOslo B-LOC\n\nBo B-PER\nsang O\n"),
    "conllu": _one("tag", "a.conllu", CONLLU),
    "cotype": _one(
        "joint",
        "a.json",
        _lines(
            {
                "sentText": MIRA,
                "relationMentions": [{"em1Text": "Mira Solberg", "em2Text": "Oslo", "label": "left"}],
                "entityMentions": [
                    {"text": "Mira Solberg", "label": "person"},
                    {"text": "Oslo", "label": "place"},
                ],
            }
        ),
    ),
    "dialogue_lines": _one("rewrite", "a.jsonl", _lines({"turns": ["灯塔", "多高"], "rewrite": "灯塔多高"})),
    "dialogue_table": _one("rewrite", "a.tsv", "灯塔\t在哪\t多高\t灯塔多高\n船\t来了\t几点\t船几点来\n"),
    "docbin": _one("joint", "a.spacy", DOCBIN),
    "docbin_classes": _one("classify", "a.spacy", DOCBIN),
    "docbin_tags": _one("tag", "a.spacy", DOCBIN),
    "docred": _one(
        "joint",
        "a.json",
        json.dumps(
            [
                {
                    "title": "Mira",
                    "sents": [["Mira", "left", "Oslo", "."]],
                    "vertexSet": [
                        [{"name": "Mira", "sent_id": 0, "pos": [0, 1], "type": "person"}],
                        [{"name": "Oslo", "sent_id": 0, "pos": [2, 3], "type": "place"}],
                    ],
                    "labels": [{"h": 0, "t": 1, "r": "left", "evidence": []}],
                }
            ]
        ),
    ),
    "doccano": _one(
        "joint",
        "a.jsonl",
        _lines(
            {
                "id": 1,
                "text": MIRA,
                "entities": [
                    {"id": 4, "label": "person", "start_offset": 0, "end_offset": 12},
                    {"id": 5, "label": "place", "start_offset": 18, "end_offset": 22},
                ],
                "relations": [{"id": 1, "from_id": 4, "to_id": 5, "type": "left"}],
                "Comments": [],
            }
        ),
    ),
    "doccano_classes": _one("classify", "a.jsonl", _lines({"id": 1, "text": "Warm soup .", "label": ["good"]})),
    "dygie": _one(
        "joint",
        "a.jsonl",
        _lines(
            {
                "doc_key": "a",
                "sentences": [["Rain", "."], ["Mira", "left", "Oslo"]],
                "ner": [[], [[2, 2, "person"], [4, 4, "place"]]],
                "relations": [[], [[2, 2, 4, 4, "left"]]],
            }
        ),
    ),
    "fasttext": _one("classify", "a.txt", "__label__good Warm soup .\n__label__bad Nobody came .\n"),
    "frame_lines": _one(
        "intent_slot",
        "a.jsonl",
        _lines({"text": "boats to Oslo", "intent": "ask", "slots": [{"start": 9, "end": 13, "label": "goal"}]}),
    ),
    "gliner": _one(
        "joint",
        "a.jsonl",
        _lines(
            {
                "tokenized_text": MIRA.split(),
                "ner": [[0, 1, "person"], [3, 3, "place"]],
                "relations": [[0, 1, "left"]],
            }
        ),
    ),
    "gliner2": _one(
        "joint",
        "a.jsonl",
        _lines(
            {
                "input": MIRA,
                "output": {
                    "entities": {"person": ["Mira Solberg"], "place": ["Oslo"]},
                    "relations": [{"left": {"head": "Mira Solberg", "tail": "Oslo"}}],
                },
            }
        ),
    ),
    "gliner2_classes": _one(
        "classify",
        "a.jsonl",
        _lines(
            {
                "input": "Warm soup .",
                "output": {"classifications": [{"task": "mood", "labels": ["good", "bad"], "true_label": ["good"]}]},
            }
        ),
    ),
    "huggingface": _one("tag", "a.jsonl", _lines({"tokens": ["Mira", "left"], "ner_tags": ["B-PER", "O"]})),
    "label_studio": _one("joint", "a.json", json.dumps([_label_studio(MARKED)])),
    "label_studio_classes": _one("classify", "a.json", json.dumps([_label_studio([CHOSEN])])),
    "label_lines": _one("classify", "a.jsonl", _lines({"text": "Warm soup .", "label": "good"})),
    "layers": _one("nested", "a.iob2", "Port\tB-ORG\tO\nof\tI-ORG\tO\nBergen\tI-ORG\tB-LOC\n\nBo\tB-PER\tO\n"),
    "parallel": Sample("tag", "p", {"p/seq.in": "boats to Oslo\n", "p/seq.out": "O O B-goal\n"}),
    "parallel_frames": Sample(
        "intent_slot", "p", {"p/seq.in": "boats to Oslo\n", "p/seq.out": "O O B-goal\n", "p/label": "ask\n"}
    ),
    "parallel_labels": Sample("classify", "p", {"p/seq.in": "boats to Oslo\n", "p/label": "ask\n"}),
    "picture_folders": Sample("image", "signs", {"signs/one/a.png": "x\n", "signs/two/b.jpg": "x\n"}, opened=False),
    "picture_lines": _one("image", "a.jsonl", _lines({"image": "signs/a.png", "label": "one"})),
    "picture_table": _one("image", "a.csv", "image,label\nsigns/a.png,one\nsigns/b.png,two\n"),
    "plain": _one("language_model", "a.txt", "The boat came in. It was late.\n"),
    "prodigy": _one(
        "joint",
        "a.jsonl",
        _lines(
            {
                "text": MIRA,
                "spans": [PERSON, PLACE],
                "relations": [{"head": 1, "child": 3, "label": "left", "head_span": PERSON, "child_span": PLACE}],
                "answer": "accept",
            }
        ),
    ),
    "prodigy_classes": _one(
        "classify",
        "a.jsonl",
        _lines(
            {"text": "Warm soup .", "options": [{"id": "good"}, {"id": "bad"}], "accept": ["good"], "answer": "accept"}
        ),
    ),
    "rasa": _one(
        "intent_slot",
        "a.yml",
        'version: "3.1"\nnlu:\n- intent: ask\n  examples: |\n    - boats to [Oslo](goal)\n    - to [Narvik](goal)\n',
    ),
    "relation_lines": _one(
        "relation",
        "a.jsonl",
        _lines({"text": MIRA, "head": {"start": 0, "end": 12}, "tail": {"start": 18, "end": 22}, "relation": "left"}),
    ),
    "semeval": _one(
        "relation",
        "a.jsonl",
        _lines(
            {
                "tokens": ["Mira", "left", "Oslo"],
                "head": ["mira", "Q1", [[0]]],
                "tail": ["oslo", "Q2", [[2]]],
                "relation": "left",
            }
        ),
    ),
    "semeval_text": _one("relation", "a.txt", '1\t"<e1>Mira</e1> left <e2>Oslo</e2>."\nleft(e1,e2)\nComment: none\n\n'),
    "spacy_tuples": _one("joint", "a.json", json.dumps([[MIRA, {"entities": [[0, 12, "person"], [18, 22, "place"]]}]])),
    "spacy_tuples_classes": _one(
        "classify", "a.json", json.dumps([["Warm soup .", {"cats": {"good": 1.0, "bad": 0.0}}]])
    ),
    "spanloom": _one(
        "joint", "a.jsonl", _lines({"text": MIRA, "entities": [PERSON, PLACE], "relations": [LEFT], "id": "a1"})
    ),
    "spert": _one(
        "joint",
        "a.json",
        json.dumps(
            [
                {
                    "tokens": ["Mira", "left", "Oslo"],
                    "entities": [{"type": "person", "start": 0, "end": 1}, {"type": "place", "start": 2, "end": 3}],
                    "relations": [{"type": "left", "head": 0, "tail": 1}],
                }
            ]
        ),
    ),
    "table": _one("classify", "a.csv", 'label,text\ngood,"Warm soup, kind staff"\nbad,Nobody came\n'),
    "tacred": _one(
        "relation",
        "a.json",
        json.dumps(
            [
                {
                    "id": "a1",
                    "token": ["Mira", "left", "Oslo"],
                    "subj_start": 0,
                    "subj_end": 0,
                    "obj_start": 2,
                    "obj_end": 2,
                    "relation": "left",
                }
            ]
        ),
    ),
    "tag_lines": _one("tag", "a.jsonl", _lines({"tokens": ["Mira", "left"], "tags": ["B-PER", "O"]})),
    "text_lines": _one("language_model", "a.jsonl", _lines({"text": "The boat came in."})),
    "webanno": _one("joint", "a.tsv", WEBANNO),
    "xmi": Sample("joint", "cas", {"cas/TypeSystem.xml": TYPES, "cas/a.xmi": XMI}),
}
"""By the name of the module in `spanloom.read`."""
