"""What every task must keep, whatever it is: a folder under `tasks/` is all that a test here needs to find it.

Each task's own `tiny.toml` is trained once, on its own sample; all the tests that need a trained model share it.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from spanloom.answers import kind_of
from spanloom.answers.graph import Graph
from spanloom.answers.rewrite import Rewrite
from spanloom.answers.surprisal import Surprisal
from spanloom.config import RunConfig, load_config, to_toml
from spanloom.contracts import Task
from spanloom.core import Batch, Example, Row
from spanloom.decode.rows import predict_rows
from spanloom.decode.scaling import ALL, Line, Scaling, scored_facts
from spanloom.decode.spans import sigmoid
from spanloom.engine.adversarial import Attack
from spanloom.engine.checkpoint import read_checkpoint
from spanloom.engine.device import to_tensors
from spanloom.engine.evaluate import TorchBackend
from spanloom.engine.guard import check_rows
from spanloom.engine.model_folder import load_model
from spanloom.engine.run import Interrupted, run_training
from spanloom.engine.state import Training
from spanloom.engine.step import Update, train_step
from spanloom.engine.trainer import Method, Trainer
from spanloom.errors import DataError
from spanloom.export.bundle import export
from spanloom.inputs import Text
from spanloom.predict.bundle import OnnxBackend, open_bundle, start
from spanloom.predict.predictor import load
from spanloom.tasks import FOLDER, find_task, task_names
from tests.engine.interrupt import ctrl_c_at

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Case:
    """A task with its own sample, read, and a codec fitted on it."""

    folder: Path
    task: Task
    config: RunConfig
    examples: list[Example]
    codec: Any

    @property
    def sample(self) -> Path:
        assert self.config.data.train is not None
        return self.config.data.train

    def rows(self) -> list[Row]:
        return [self.codec.encode(example) for example in self.examples]

    def batch(self, examples: Sequence[Example]) -> Batch:
        return self.codec.collate([self.codec.encode(example) for example in examples])  # type: ignore[no-any-return]

    def model(self) -> nn.Module:
        """A fresh model that never drops anything out, in training either."""
        torch.manual_seed(self.config.seed)
        model: nn.Module = self.task.build(self.config.model, self.codec, None).eval()
        model.train = lambda mode=True: model  # type: ignore[method-assign, assignment]
        return model


@dataclass(frozen=True)
class Trained:
    """A case and the run folder of its training."""

    case: Case
    run: Path
    scorecard: dict[str, Any]


@pytest.fixture(scope="session", params=task_names())
def case(request: pytest.FixtureRequest) -> Case:
    folder = FOLDER / request.param
    task = find_task(request.param)
    config = load_config(folder / "tiny.toml", [], lambda name: find_task(name).config)
    assert config.data.train is not None
    examples = list(task.read(config.data.train, config.data))
    return Case(folder, task, config, examples, task.fit(examples, config))


@pytest.fixture(scope="session")
def trained(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The one training. Only the last epoch is scored, which changes no weight and saves time."""
    run = tmp_path_factory.mktemp(case.task.name) / "run"
    settings = replace(case.config.train, threads=1, evaluate_from=case.config.train.epochs)
    scorecard = run_training(case.task, replace(case.config, train=settings), run, device=CPU)
    return Trained(case, run, scorecard)


class Numbers(tuple[float, ...]):
    """Numbers that are the same if they differ by no more than rounding in float32 over a text."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Numbers) and list(self) == pytest.approx(list(other), rel=1e-4, abs=1e-4)

    __hash__ = None  # type: ignore[assignment]


def facts(answer: Any) -> Any:
    """An answer without the order of its parts, in which nothing is said."""
    if isinstance(answer, Surprisal):
        return Numbers(answer.bits)
    return (frozenset(answer.spans), frozenset(answer.relations)) if isinstance(answer, Graph) else answer


# ---- the folder ------------------------------------------------------------------------------------------------------


def test_there_is_a_task() -> None:
    assert "joint" in task_names()


def test_the_folder_is_whole(case: Case) -> None:
    module = sys.modules[f"spanloom.tasks.{case.folder.name}"]
    assert module.__all__ == ["TASK"]  # type: ignore[attr-defined]
    assert case.task.name == case.folder.name == case.config.task
    assert dataclasses.is_dataclass(case.task.config)
    assert isinstance(case.config.model, case.task.config)
    assert {"codec.py", "model.py", "tiny.toml", "README.md"} <= {file.name for file in case.folder.iterdir()}
    assert case.sample.parent == case.folder
    assert case.sample.stem == "sample"
    assert all(example.gold is not None for example in case.examples)
    readme = (case.folder / "README.md").read_text(encoding="utf-8")
    assert f"spanloom train src/spanloom/tasks/{case.task.name}/tiny.toml" in readme
    assert re.search(r"https?://", readme), "the README links the paper that the task comes from"


def test_the_codec_and_the_task_import_no_torch(case: Case) -> None:
    name = case.task.name
    program = (
        f"import sys, spanloom.tasks.{name}, spanloom.tasks.{name}.codec\n"
        "print(*sorted({'torch', 'transformers'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_its_configuration_survives_being_written_out(case: Case, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(to_toml(case.config), encoding="utf-8")
    assert load_config(file, [], lambda name: find_task(name).config) == case.config


# ---- data and codec --------------------------------------------------------------------------------------------------


def test_decoding_perfect_outputs_gives_back_the_gold_or_says_what_was_lost(case: Case) -> None:
    rows = case.rows()
    batch = case.codec.collate(rows)
    decoded = case.codec.decode(case.codec.perfect(batch), batch)
    for example, row, answer in zip(case.examples, rows, decoded, strict=True):
        if not row.lost:
            assert facts(answer) == facts(example.gold), example.source
        elif isinstance(example.gold, Graph):
            missing = {*example.gold.spans, *example.gold.relations} - {*answer.spans, *answer.relations}
            assert len(missing) == len(row.lost) - len(example.lost), example.source


def test_what_perfect_outputs_say_is_believed_and_nothing_else_as_much(case: Case) -> None:
    """Wherever answers have statements, codecs say how likely they are; see `Codec.believed`."""
    kind = kind_of(case.task.answer()).claims
    if kind is None:
        return
    rows = case.rows()
    batch = case.codec.collate(rows)
    claimed = [kind.of(example.gold) for example in case.examples]
    beliefs = case.codec.believed(case.codec.perfect(batch), batch, claimed)
    for row, claims, own in zip(rows, claimed, beliefs, strict=True):
        if not row.lost:
            assert set(claims) <= set(own)
            least = min(own[claim] for claim in claims) if claims else 1.0
            assert least > 0.7
            assert all(sure < least for claim, sure in own.items() if claim not in claims)


def test_the_codec_comes_back_from_its_json(case: Case) -> None:
    again = case.task.load(json.loads(json.dumps(case.codec.to_dict())), case.codec.tokenizer_json())
    assert again.to_dict() == case.codec.to_dict()
    assert again.limits() == case.codec.limits()
    for example, wanted in zip(case.examples, case.rows(), strict=True):
        found = again.encode(example)
        assert (found.length, found.width, found.lost) == (wanted.length, wanted.width, wanted.lost)
        for arrays, others in ((found.inputs, wanted.inputs), (found.targets, wanted.targets)):
            assert arrays.keys() == others.keys()
            for name, array in arrays.items():
                np.testing.assert_array_equal(array, others[name], strict=True)


def test_scaled_scores_change_no_fact_and_come_back_from_json(case: Case) -> None:
    """Wherever a task calibrates, its codec scales what has a score, after everything was decided."""
    if case.task.calibrate is None:
        return
    rows = case.rows()
    batch = case.codec.collate(rows)
    outputs = case.codec.perfect(batch)
    plain = case.codec.decode(outputs, batch)
    kinds = {fact.kind for fact in scored_facts(case.examples, plain)}
    scaling = Scaling({kind: {ALL: Line(0.5, -0.25)} for kind in kinds})
    scaled = case.codec.with_scaling(scaling)
    found = scaled.decode(outputs, batch)
    assert kinds
    assert found == plain
    for before, after in zip(scored_facts(case.examples, plain), scored_facts(case.examples, found), strict=True):
        assert after.score == pytest.approx(scaling.scaled(*before[:3]))
        assert (after.score < before.score) == (before.score > sigmoid(-0.5))  # where the line crosses
    again = case.task.load(json.loads(json.dumps(scaled.to_dict())), case.codec.tokenizer_json())
    assert list(scored_facts(case.examples, again.decode(outputs, batch))) == list(scored_facts(case.examples, found))
    assert case.codec.to_dict() == {key: value for key, value in scaled.to_dict().items() if key != "calibration"}


def test_every_row_passes_the_checks_before_training(case: Case) -> None:
    check_rows(case.rows(), case.examples, case.codec)


def test_an_input_without_gold_is_encoded_alike(case: Case) -> None:
    for example, row in zip(case.examples, case.rows(), strict=True):
        bare = case.codec.encode(replace(example, gold=None))
        assert bare.targets == {}
        assert bare.inputs.keys() == row.inputs.keys()
        assert all(np.array_equal(array, row.inputs[name]) for name, array in bare.inputs.items())


def test_gold_scores_best_against_itself(case: Case) -> None:
    scorecard = case.task.score(case.examples, [example.gold for example in case.examples], case.codec)
    assert case.task.best(scorecard) == 1.0
    json.dumps(scorecard)


def test_the_check_of_the_sample_is_plain_json(case: Case) -> None:
    json.dumps(case.task.check(case.examples, case.config))


def test_what_a_user_sees_is_plain_json(case: Case) -> None:
    for example in case.examples:
        json.dumps(case.task.show(example.input, example.gold))
    item = case.task.prepare(texts_in_readme(case), case.codec)
    [answer] = predict_rows(TorchBackend(case.model().eval()), case.codec, [case.codec.encode(Example(item))])
    json.dumps(case.task.show(item, answer))
    if isinstance(item, Text):
        json.dumps(case.task.show(case.task.prepare("", case.codec), case.task.answer()))


def texts_in_readme(case: Case) -> str | list[str]:
    """What the task's README types after `spanloom predict -m runs/tiny`: one text, or several that go together."""
    readme = (case.folder / "README.md").read_text(encoding="utf-8")
    typed = re.search(r"^spanloom predict -m runs/tiny (.+)$", readme, re.MULTILINE)
    assert typed is not None, "the README shows how to predict"
    texts = shlex.split(typed[1])
    return texts[0] if len(texts) == 1 else texts


# ---- bad input -------------------------------------------------------------------------------------------------------


def broken(case: Case, folder: Path, line: int, damage: bytes) -> Path:
    """A copy of the sample with bytes put into the middle of a line."""
    lines = case.sample.read_bytes().split(b"\n")
    middle = len(lines[line - 1]) // 2
    lines[line - 1] = lines[line - 1][:middle] + damage + lines[line - 1][middle:]
    copy = folder / case.sample.name
    copy.write_bytes(b"\n".join(lines))
    return copy


@pytest.mark.parametrize(
    ("damage", "message"), [(b"\0", "a NUL byte"), (b"\xff", "byte 0xff at offset .* is not utf-8")]
)
def test_bad_input_is_an_error_that_cites_its_line(case: Case, tmp_path: Path, damage: bytes, message: str) -> None:
    file = broken(case, tmp_path, 3, damage)
    with pytest.raises(DataError, match=rf"{re.escape(str(file))}:3: {message}"):
        list(case.task.read(file, case.config.data))


@pytest.mark.parametrize(("content", "message"), [("", "the file is empty"), (None, "no such file")])
def test_a_file_that_is_empty_or_missing_is_named(
    case: Case, tmp_path: Path, content: str | None, message: str
) -> None:
    file = tmp_path / case.sample.name
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=rf"{re.escape(str(file))}: {message}"):
        list(case.task.read(file, case.config.data))


def test_a_label_that_training_never_had_cites_its_line(case: Case) -> None:
    """A codec of the first sentence alone meets the labels of the others. What is text or numbers has none."""
    if isinstance(case.examples[0].gold, (Rewrite, Surprisal)):
        assert not any(case.codec.require_known(example) for example in case.examples)
        return
    codec = case.task.fit(case.examples[:1], case.config)
    refused = []
    for example in case.examples:
        try:
            codec.require_known(example)
        except DataError:
            refused.append(example)
    assert refused, "the sample's first sentence alone has every label; begin it with one that does not"
    for example in refused:
        with pytest.raises(DataError, match=rf"^{re.escape(str(example.source))}: unknown "):
            codec.encode(example)


# ---- the network -----------------------------------------------------------------------------------------------------


def losses_of(case: Case, model: nn.Module, examples: Sequence[Example]) -> dict[str, float]:
    batch = case.batch(examples)
    with torch.no_grad():
        outputs = model(**to_tensors(batch.inputs, CPU))
        found = case.task.losses(outputs, to_tensors(batch.targets, CPU))
    assert found.keys() == batch.counts.keys()
    return {name: float(value) for name, value in found.items()}


def test_losses_are_sums_that_padding_and_order_do_not_touch(case: Case) -> None:
    model = case.model()
    some = case.examples[:12]
    together = losses_of(case, model, some)
    turned = losses_of(case, model, some[::-1])
    alone = [losses_of(case, model, [example]) for example in some]
    for name, total in together.items():
        assert turned[name] == pytest.approx(total, rel=1e-5)
        assert sum(single[name] for single in alone) == pytest.approx(total, rel=1e-5)


def update(
    case: Case, groups: Sequence[Sequence[Example]], attack: Attack | None = None
) -> tuple[Update, dict[str, torch.Tensor]]:
    """One plain gradient step of a fresh model from a group of micro-batches."""
    model = case.model()
    method = Method(case.task.losses, attack=attack)
    rows = [[case.codec.encode(example) for example in part] for part in groups]
    optimizer = torch.optim.SGD([weight for weight in model.parameters() if weight.requires_grad], lr=0.1)
    trainer = Trainer(Training(model, optimizer, None), case.codec.collate, method)
    return train_step(trainer, rows), model.state_dict()


@pytest.mark.parametrize("attack", [None, Attack(1.0, 1.0)], ids=["plain", "fgm"])
def test_a_group_of_micro_batches_equals_one_batch(case: Case, attack: Attack | None) -> None:
    some = case.examples[:12]
    whole, weights = update(case, [some], attack)
    split, others = update(case, [some[:1], some[1:8], some[8:]], attack)
    assert split.losses == pytest.approx(whole.losses, rel=1e-5)
    assert split.gradient_norm == pytest.approx(whole.gradient_norm, rel=1e-4)
    for name, weight in weights.items():
        torch.testing.assert_close(others[name], weight, rtol=1e-4, atol=1e-5, msg=lambda text, n=name: f"{n}: {text}")


def test_how_far_outputs_are_apart_is_a_sum_that_padding_does_not_touch(case: Case) -> None:
    """Where the task says it at all. Two models stand for two passes that drop out different units."""
    if case.task.divergence is None:
        return
    models = [case.model(), case.model()]
    with torch.no_grad():
        for weight in models[1].parameters():
            weight.mul_(1.5)

    def apart(examples: Sequence[Example], first: nn.Module, second: nn.Module) -> dict[str, float]:
        batch = case.batch(examples)
        assert case.task.divergence is not None
        with torch.no_grad():
            outputs = [model(**to_tensors(batch.inputs, CPU)) for model in (first, second)]
            found = case.task.divergence(*outputs, to_tensors(batch.targets, CPU))
        assert found.keys() <= batch.counts.keys()
        return {name: float(value) for name, value in found.items()}

    some = case.examples[:12]
    together = apart(some, *models)
    assert apart(some, *reversed(models)) == pytest.approx(together, rel=1e-5)
    assert set(apart(some, models[0], models[0]).values()) == {0.0}
    alone = [apart([example], *models) for example in some]
    for name, total in together.items():
        assert total > 0
        assert sum(single[name] for single in alone) == pytest.approx(total, rel=1e-4)


# ---- training --------------------------------------------------------------------------------------------------------


def test_the_sample_overfits(trained: Trained) -> None:
    """As far as 0.95, or as far as its scheme can say the gold."""
    case = trained.case
    batch = case.batch(case.examples)
    perfect = case.codec.decode(case.codec.perfect(batch), batch)
    ceiling = case.task.best(case.task.score(case.examples, perfect, case.codec))
    assert case.task.best(trained.scorecard) >= min(0.95, ceiling)


def test_a_trained_model_answers_the_same_alone_and_in_company(trained: Trained) -> None:
    _, _, codec, model = load_model(trained.run, find_task)
    rows = [codec.encode(replace(example, gold=None)) for example in trained.case.examples]
    together = predict_rows(TorchBackend(model, batch_size=len(rows), batch_tokens=10**6), codec, rows)
    turned = predict_rows(TorchBackend(model, batch_size=5), codec, rows[::-1])[::-1]
    alone = [predict_rows(TorchBackend(model), codec, [row])[0] for row in rows]
    assert list(map(facts, together)) == list(map(facts, turned)) == list(map(facts, alone))


def test_six_steps_equal_three_and_three_more_bit_for_bit(case: Case, tmp_path: Path) -> None:
    size = -(-len(case.examples) // 6)
    settings = replace(case.config.train, epochs=2, batch_size=size, batch_tokens=10**6, accumulate=2, threads=1)
    config = replace(case.config, train=settings)
    run_training(case.task, config, tmp_path / "whole", device=CPU)
    with pytest.raises(Interrupted, match="Stopped at step 3"):
        run_training(case.task, config, tmp_path / "parts", on_report=ctrl_c_at(3), device=CPU)
    torch.manual_seed(99)  # whatever happens in between does not matter
    run_training(case.task, config, tmp_path / "parts", resume=True, device=CPU)
    whole, parts = (read_checkpoint(tmp_path / name) for name in ("whole", "parts"))
    assert whole.about["step"] == parts.about["step"] == 6
    assert whole.tensors.keys() == parts.tensors.keys()
    assert all(torch.equal(tensor, parts.tensors[name]) for name, tensor in whole.tensors.items())
    kept = [(tmp_path / name / "model" / "weights.safetensors").read_bytes() for name in ("whole", "parts")]
    assert kept[0] == kept[1]


# ---- export ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def bundle(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / trained.case.task.name
    export(trained.run, folder, max_drop=0.0, precision="fp32")
    return folder


def test_the_exported_graph_computes_what_the_model_does(trained: Trained, bundle: Path) -> None:
    """At every length, alone and in a padded batch. The bound is relative: rounding grows with what is rounded."""
    manifest = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    exported, before = manifest["scores"]["fp32"], manifest["scores"]["torch"]
    assert exported["best"] == pytest.approx(before["best"], rel=1e-5)
    assert exported["summary"] == pytest.approx(before["summary"], rel=1e-5)
    assert manifest["inputs"] == list(trained.case.batch(trained.case.examples[:1]).inputs)
    model = load_model(trained.run, find_task).model
    graph = OnnxBackend(start((bundle / "model.onnx").read_bytes(), str(bundle)))
    some = [[example] for example in trained.case.examples]
    for batch in map(trained.case.batch, [*some, trained.case.examples[:5]]):
        with torch.no_grad():
            wanted = model(**to_tensors(batch.inputs, CPU))
        found = graph.forward(batch.inputs)
        assert found.keys() == wanted.keys()
        for name, tensor in wanted.items():
            values = tensor.numpy()
            apart = found[name] != values  # two infinities are the same, and cannot be subtracted
            away = np.abs(np.subtract(found[name], values, out=np.zeros_like(values), where=apart))
            assert (away / np.maximum(1.0, np.abs(values))).max() < 5e-5, name


def test_the_bundle_answers_as_the_run_does(trained: Trained, bundle: Path) -> None:
    inputs = [example.input for example in trained.case.examples]
    answers = [list(map(facts, load(folder).predict_inputs(inputs))) for folder in (trained.run, bundle)]
    assert answers[0] == answers[1]
    opened = open_bundle(bundle, find_task, threads=1)
    rows: Iterator[Row] = (opened.codec.encode(Example(item)) for item in inputs)
    assert list(map(facts, predict_rows(opened.backend, opened.codec, list(rows)))) == answers[1]
