"""The RNN and the LSTM to read against finite differences, and against torch's layers with the same weights."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from from_scratch import lstm, rnn
from from_scratch.characters import (
    ALPHABET,
    clip,
    cross_entropy,
    numbers_of,
    parts,
    perplexity,
    run,
    sample,
    train,
)
from from_scratch.curves import draw_curves
from from_scratch.finite_difference import gradient
from spanloom.config import TrainConfig, optimizers
from spanloom.engine.optimizer import build_optimizer
from spanloom.tasks.language_model.config import LanguageModelConfig
from spanloom.tasks.language_model.model import LanguageModel, losses

MODELS = [rnn, lstm]
CHARACTERS, HIDDEN, STEPS, BATCH = 6, 4, 5, 3
TEXT = "a ship left the harbour at dawn and came back at dusk with a hold full of salt "


def drawn(model: ModuleType, hidden: int = HIDDEN, characters: int = CHARACTERS) -> Any:
    """Weights in float64."""
    weights = model.initial(hidden, characters, seed=1)
    return type(weights)(*(array.astype(np.float64) for array in weights))


def begun(model: ModuleType, weights: Any) -> Any:
    """A state that is not zero."""
    generator = np.random.default_rng(7)
    zero = model.start(weights, BATCH)
    if isinstance(zero, tuple):
        return type(zero)(*(generator.normal(size=part.shape) for part in zero))
    return generator.normal(size=zero.shape)


def text() -> tuple[np.ndarray, np.ndarray]:
    inputs, targets = np.random.default_rng(2).integers(CHARACTERS, size=(2, STEPS, BATCH))
    return inputs, targets


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_gradients_agree_with_finite_differences(model: ModuleType) -> None:
    weights = drawn(model)
    state, (inputs, targets) = begun(model, weights), text()

    def loss() -> float:
        return cross_entropy(model.forward(weights, inputs, state)[0], targets)[0]

    logits, _, notes = model.forward(weights, inputs, state)
    slopes = model.backward(weights, inputs, notes, cross_entropy(logits, targets)[1])
    for name, mine, array in zip(weights._fields, slopes, weights, strict=True):
        tried = gradient(loss, array)
        assert np.abs(mine - tried).max() <= 1e-6 * np.abs(tried).max(), name


def twin(model: ModuleType, weights: Any) -> tuple[torch.nn.Module, torch.nn.Linear]:
    """Torch's layers with the same weights."""
    layer = (torch.nn.RNN if model is rnn else torch.nn.LSTM)(CHARACTERS, HIDDEN).double()
    head = torch.nn.Linear(HIDDEN, CHARACTERS).double()
    with torch.no_grad():
        for parameter, array in (
            (layer.weight_ih_l0, weights.input),
            (layer.weight_hh_l0, weights.recurrent),
            (layer.bias_ih_l0, weights.bias),
        ):
            parameter.copy_(torch.from_numpy(torch_order(model, array)))
        layer.bias_hh_l0.zero_()
        head.weight.copy_(torch.from_numpy(weights.output.T))
        head.bias.copy_(torch.from_numpy(weights.output_bias))
    return layer, head


def torch_order(model: ModuleType, array: np.ndarray) -> np.ndarray:
    """Columns as torch's rows: its LSTM has the gates enter, forget, candidate, show."""
    if model is lstm:
        forget, enter, show, candidate = np.split(array, 4, axis=-1)
        array = np.concatenate([enter, forget, candidate, show], axis=-1)
    return np.ascontiguousarray(array.T)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_outputs_gradients_and_an_update_are_those_of_torch(model: ModuleType) -> None:
    weights = drawn(model)
    layer, head = twin(model, weights)
    state, (inputs, targets) = begun(model, weights), text()
    logits, last, notes = model.forward(weights, inputs, state)
    loss, by_logits = cross_entropy(logits, targets)
    slopes = model.backward(weights, inputs, notes, by_logits)

    given = tuple(torch.from_numpy(part)[None] for part in state) if model is lstm else torch.from_numpy(state)[None]
    one_hot = torch.nn.functional.one_hot(torch.from_numpy(inputs), CHARACTERS).double()
    states, after = layer(one_hot, given)
    wanted = head(states)
    cost = torch.nn.functional.cross_entropy(wanted.flatten(0, 1), torch.from_numpy(targets.ravel()))
    cost.backward()  # type: ignore[no-untyped-call]

    np.testing.assert_allclose(logits, wanted.detach().numpy(), rtol=0, atol=1e-10)
    for mine, theirs in zip(last if model is lstm else [last], after if model is lstm else [after], strict=True):
        np.testing.assert_allclose(mine, theirs[0].detach().numpy(), rtol=0, atol=1e-10)
    assert loss == pytest.approx(cost.item(), rel=1e-12)
    pairs = (
        (torch_order(model, slopes.input), layer.weight_ih_l0),
        (torch_order(model, slopes.recurrent), layer.weight_hh_l0),
        (torch_order(model, slopes.bias), layer.bias_ih_l0),
        (slopes.output.T, head.weight),
        (slopes.output_bias, head.bias),
    )
    for mine, theirs in pairs:
        np.testing.assert_allclose(mine, theirs.grad.numpy(), rtol=0, atol=1e-10)

    torch.optim.SGD([parameter for _, parameter in pairs], lr=0.5).step()
    for weight, slope in zip(weights, slopes, strict=True):
        weight -= 0.5 * slope
    for mine, theirs in (
        (torch_order(model, weights.input), layer.weight_ih_l0),
        (torch_order(model, weights.recurrent), layer.weight_hh_l0),
        (weights.output.T, head.weight),
    ):
        np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=0, atol=1e-10)
    theirs_norm = torch.nn.utils.clip_grad_norm_([parameter for _, parameter in pairs], 0.05).item()
    assert clip(slopes, 0.05) == pytest.approx(theirs_norm, rel=1e-10)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_language_model_of_the_toolkit_takes_the_same_step(model: ModuleType) -> None:
    """Loss, state, gradients and one SGD update of `tasks/language_model`; its log-likelihoods are in float32."""
    weights = drawn(model)
    layer, head = twin(model, weights)
    state, (inputs, targets) = begun(model, weights), text()
    ours = LanguageModel(
        LanguageModelConfig(cell=model.__name__.rpartition(".")[2], hidden=HIDDEN), CHARACTERS
    ).double()
    ours.encoder.recurrence.layers[0].load_state_dict(layer.state_dict())
    ours.output.load_state_dict(head.state_dict())

    logits, last, notes = model.forward(weights, inputs, state)
    loss, by_logits = cross_entropy(logits, targets)
    slopes = model.backward(weights, inputs, notes, by_logits)
    carried = np.concatenate(state, axis=1) if model is lstm else state  # [B, S]
    found = ours(*map(torch.from_numpy, (inputs.T, targets.T)), torch.full((BATCH,), STEPS), torch.from_numpy(carried))
    cost = losses(found, {})["units"] / inputs.size
    cost.backward()  # type: ignore[no-untyped-call]

    assert cost.item() == pytest.approx(loss, rel=1e-6)
    after = np.concatenate(last, axis=1) if model is lstm else last
    np.testing.assert_allclose(found["state"].detach().numpy(), after, rtol=0, atol=1e-6)
    optimizer = build_optimizer(
        ours, TrainConfig(optimizer=optimizers.SGD(momentum=0.0), learning_rate=0.5, weight_decay=0.0)
    )
    optimizer.step()
    own = dict(ours.encoder.recurrence.layers[0].named_parameters())
    for mine, array, slope in (
        (own["weight_ih_l0"], weights.input, slopes.input),
        (own["weight_hh_l0"], weights.recurrent, slopes.recurrent),
        (own["bias_ih_l0"], weights.bias, slopes.bias),
        (ours.output.weight, weights.output, slopes.output),
        (ours.output.bias, weights.output_bias, slopes.output_bias),
    ):
        is_output = array is weights.output or array is weights.output_bias
        asked, updated = (part.T if is_output else torch_order(model, part) for part in (slope, array - 0.5 * slope))
        np.testing.assert_allclose(mine.grad.numpy(), asked, rtol=0, atol=1e-6)
        np.testing.assert_allclose(mine.detach().numpy(), updated, rtol=0, atol=1e-6)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_text_in_two_parts_is_read_as_in_one(model: ModuleType) -> None:
    weights, (inputs, _) = drawn(model), text()
    whole, _, _ = model.forward(weights, inputs, model.start(weights, BATCH))
    first, state, _ = model.forward(weights, inputs[:2], model.start(weights, BATCH))
    second, _, _ = model.forward(weights, inputs[2:], state)
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=0, atol=1e-14)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_it_learns_a_text_by_heart_and_goes_on_with_it(model: ModuleType) -> None:
    numbers = numbers_of(TEXT * 40)
    weights = model.initial(48, len(ALPHABET), seed=0)
    epochs = list(train(model, weights, numbers, numbers[:200], epochs=60, batch=8, steps=40, rate=2.0))
    assert epochs[-1].perplexity < epochs[0].perplexity / 5
    assert epochs[-1].held_out == pytest.approx(perplexity(model, weights, numbers[:200]))
    assert sample(model, weights, "a ship left", 20, 0.3, seed=0).startswith("a ship left the harbour")


def test_a_slope_survives_in_the_lstm_and_not_in_the_rnn() -> None:
    """How much the first of 60 characters moves the last logits, per unit of output weight: why there are gates."""
    moved = {}
    for model in MODELS:
        weights = drawn(model, hidden=16)
        inputs = np.zeros((60, 1), dtype=np.int64)
        if model is lstm:
            weights.bias[:16] = 6.0  # the forget gate as it may become: open
        logits = [model.forward(weights, inputs, model.start(weights, 1))[0]]
        inputs[0] = 1
        logits.append(model.forward(weights, inputs, model.start(weights, 1))[0])
        moved[model] = np.abs(logits[1][-1] - logits[0][-1]).max()
    assert moved[lstm] > 1e-4 > 1e-9 > moved[rnn]


def test_parts_cover_the_text_once_and_the_stripes_go_on() -> None:
    numbers = np.arange(23)
    found = list(parts(numbers, batch=2, steps=4))
    assert [part.inputs.shape for part in found] == [(4, 2), (4, 2), (3, 2)]
    inputs = np.concatenate([part.inputs for part in found])
    np.testing.assert_array_equal(inputs.T, [range(11), range(11, 22)])
    np.testing.assert_array_equal(np.concatenate([part.targets for part in found]), inputs + 1)


def test_a_text_is_letters_and_single_spaces() -> None:
    assert "".join(ALPHABET[number] for number in numbers_of("Ünd\n\nso — WEITER!")) == " nd so weiter "


def test_a_blind_guess_has_as_much_perplexity_as_there_are_characters() -> None:
    loss, slope = cross_entropy(np.zeros((2, 1, 27)), np.array([[3], [4]]))
    assert np.exp(loss) == pytest.approx(27.0)
    np.testing.assert_allclose(slope[0, 0, :4], np.array([1, 1, 1, -26]) / 54)


def test_clipping_shortens_only_what_is_too_long() -> None:
    slopes = [np.array([3.0]), np.array([4.0])]
    assert clip(slopes, 10.0) == 5.0
    assert [slope.item() for slope in slopes] == [3.0, 4.0]
    assert clip(slopes, 1.0) == 5.0
    assert [slope.item() for slope in slopes] == pytest.approx([0.6, 0.8])


def test_a_colder_sample_is_drawn_from_sharper_chances() -> None:
    weights = rnn.initial(8, len(ALPHABET), seed=0)
    assert sample(rnn, weights, "a", 30, 1e-3, seed=0) == sample(rnn, weights, "a", 30, 1e-3, seed=5)
    assert sample(rnn, weights, "a", 30, 1.0, seed=0) != sample(rnn, weights, "a", 30, 1.0, seed=5)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_run_by_itself_it_writes_a_sample_and_a_plot(
    model: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "text.txt"
    file.write_text(TEXT * 30, encoding="utf-8")
    run(model, "net", [str(file), "--epochs", "2", "--hidden", "8", "--output", str(tmp_path / "out")])  # type: ignore[arg-type]
    assert "epoch   2  perplexity" in capsys.readouterr().out
    assert len((tmp_path / "out" / "net-sample.txt").read_text(encoding="utf-8")) == 305
    drawing = (tmp_path / "out" / "net-curves.svg").read_text(encoding="utf-8")
    assert drawing.count("<polyline") == 3
    assert "Gradient norm" in drawing


@pytest.mark.parametrize(("content", "message"), [(None, "No such file"), ("short", "5 characters are too few")])
def test_a_text_that_will_not_do_is_one_sentence(
    content: str | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "text.txt"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        run(rnn, "rnn", [str(file)])  # type: ignore[arg-type]
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_a_picture_of_nothing_is_still_a_picture() -> None:
    assert draw_curves({"Empty": {}}).startswith("<svg")
