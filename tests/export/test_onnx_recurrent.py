from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from spanloom.export.onnx_recurrent import OnnxRecurrent, with_onnx_recurrent
from spanloom.export.quantize import quiet
from spanloom.nn.layers.recurrence import Recurrence
from spanloom.nn.layers.rnn import RecurrentLayers


@pytest.mark.parametrize(
    ("cell", "direction"), [("lstm", "both"), ("gru", "both"), ("rnn", "both"), ("rnn", "forward")]
)
def test_an_exported_recurrent_stack_equals_pytorch_at_every_size(
    cell: Literal["lstm", "gru", "rnn"], direction: Literal["both", "forward"], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    model = RecurrentLayers(width=5, hidden=4, layers=2, dropout=0.0, cell=cell, direction=direction).eval()
    for weight in model.parameters():
        nn.init.normal_(weight)  # biases too, which are what the order of the gates is easily lost in
    free = torch.export.Dim.DYNAMIC
    with torch.no_grad(), quiet():
        program = torch.onnx.export(
            with_onnx_recurrent(model).eval(),
            (torch.randn(2, 7, 5), torch.tensor([7, 3])),
            dynamo=True,
            dynamic_shapes=({0: free, 1: free}, {0: free}),
            input_names=["x", "lengths"],
            verbose=False,
        )
    assert program is not None
    program.save(str(tmp_path / "model.onnx"))
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    assert {type(layer) for layer in model.modules()} & {nn.LSTM, nn.GRU, nn.RNN}, "the model itself is left alone"
    for lengths in ([1], [4, 1, 3], [19, 8]):
        x = torch.randn(len(lengths), max(lengths), 5)
        (found,) = session.run(None, {"x": x.numpy(), "lengths": np.array(lengths)})
        wanted = model(x, torch.tensor(lengths)).detach().numpy()
        for row, length in enumerate(lengths):
            np.testing.assert_allclose(found[row, :length], wanted[row, :length], atol=1e-5)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_an_exported_recurrence_takes_a_state_and_gives_one_back(
    cell: Literal["lstm", "gru", "rnn"], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    model = Recurrence(width=5, hidden=4, layers=2, dropout=0.0, cell=cell).eval()
    for weight in model.parameters():
        nn.init.normal_(weight)
    free = torch.export.Dim.DYNAMIC
    with torch.no_grad(), quiet():
        program = torch.onnx.export(
            with_onnx_recurrent(model).eval(),
            (torch.randint(5, (2, 7)), torch.tensor([7, 3]), torch.randn(2, model.state_width)),
            dynamo=True,
            dynamic_shapes=({0: free, 1: free}, {0: free}, {0: free}),
            input_names=["x", "lengths", "state"],
            verbose=False,
        )
    assert program is not None
    program.save(str(tmp_path / "model.onnx"))
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    for lengths in ([1], [4, 1, 3], [19, 8]):
        given = torch.randint(5, (len(lengths), max(lengths))), torch.tensor(lengths)
        state = torch.randn(len(lengths), model.state_width)
        wanted = [part.detach().numpy() for part in model(*given, state)]
        names = ("x", "lengths", "state")
        found = session.run(None, {name: part.numpy() for name, part in zip(names, (*given, state), strict=True)})
        np.testing.assert_allclose(found[1], wanted[1], atol=1e-5)
        for row, length in enumerate(lengths):
            np.testing.assert_allclose(found[0][row, :length], wanted[0][row, :length], atol=1e-5)


@pytest.mark.parametrize(
    "settings",
    [{"num_layers": 2}, {"bidirectional": True}, {"batch_first": False}, {"bias": False}],
    ids=lambda settings: next(iter(settings)),
)
def test_a_layer_that_has_no_such_operator_is_refused(settings: dict[str, object]) -> None:
    layer = nn.LSTM(3, 4, **{"batch_first": True, **settings})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"only one-way, one-layer, batch-first layers .* not LSTM\(3, 4"):
        OnnxRecurrent(layer)


def test_a_layer_that_is_not_tanh_is_refused() -> None:
    with pytest.raises(ValueError, match=r"only tanh layers can be exported, not relu"):
        OnnxRecurrent(nn.RNN(3, 4, nonlinearity="relu", batch_first=True))
