"""Pretrained encoders from folders in the Hugging Face layout, and fresh ones of a known architecture.

A folder is data: no code in it is ever run, nothing is asked and nothing is downloaded. Whatever its number type, an
encoder computes in float32, as the layers above it do; `train.precision` says what a training step computes in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel
from transformers.utils import logging

from spanloom.errors import CheckpointError
from spanloom.text.pretrained import LAYOUT, UNUSED, encoder_number, read_encoder_config

_DROPOUTS = {
    "hidden_dropout_prob": None,  # None: as configured
    "dropout": None,
    "embedding_dropout": None,
    "mlp_dropout": None,
    "attention_probs_dropout_prob": 0.0,  # drawing the masks inside attention costs a twentieth of a step on a CPU
    "attention_dropout": 0.0,
}
"""What BERT and its like, DistilBERT, and ModernBERT call their dropouts."""

SHOWN = 3  # names of missing weights that an error lists

LAYERS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers")
"""What configurations call the number of layers."""


def load_transformer(folder: Path, dropout: float, pieces: int = 0) -> nn.Module:
    """The model of a folder in the Hugging Face layout, in float32. pieces: how many the folder's tokenizer makes.

    Raises CheckpointError naming the file that is missing, the weights that it lacks, or why the model does not load.
    """
    table = read_encoder_config(folder)
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise CheckpointError(str(folder), "no model.safetensors in this folder", LAYOUT, "Check model.encoder.path.")
    _check_depth(weights, encoder_number(folder, table, LAYERS, 1))
    try:
        with _silence():
            model, report = _load(folder, dropout)
    except Exception as error:  # whatever a damaged file makes the library stumble over
        if "trust_remote_code" in str(error):
            found = f"the encoder {table.get('model_type')!r} brings code of its own, which spanloom never runs"
            remedy = "Set model.encoder.path to an encoder that transformers knows by itself, such as a BERT."
            raise CheckpointError(str(folder), found, remedy=remedy) from error
        if "mismatch" in str(error):
            found = "its weights are of other sizes than config.json says"
            raise CheckpointError(str(weights), found, remedy="Use the two files of one model.") from error
        raise _damaged(folder, error) from error
    lacking = sorted(name for name in report["missing_keys"] if name.split(".")[0] not in UNUSED)
    if lacking:
        raise CheckpointError(str(weights), _lacks(lacking, model), remedy="Use the two files of one model.")
    _check_reads(folder, model)
    rows = len(model.get_input_embeddings().weight)  # type: ignore[operator]
    if rows < pieces:
        found = f"tokenizer.json has {pieces} pieces, model.safetensors vectors for {rows}"
        raise CheckpointError(str(folder), found, "a vector for each piece", "Use the files of one model.")
    return model


def _check_depth(weights: Path, layers: int) -> None:
    """Raise CheckpointError for fewer weights than layers: a number out of all reason would be built, for hours."""
    try:
        with safe_open(weights, "pt") as file:
            stored = len(list(file.keys()))
    except Exception as error:  # safetensors' own, or the system's
        raise _damaged(weights, error) from error
    if layers > stored:
        found = f"has {stored} weights, but config.json says {layers} layers"
        raise CheckpointError(str(weights), found, remedy="Use the two files of one model.")


def _load(folder: Path, dropout: float) -> tuple[nn.Module, Mapping[str, Any]]:
    """A model in float32, and what the library says of its weights."""
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    for name, value in _DROPOUTS.items():
        if hasattr(config, name):
            setattr(config, name, dropout if value is None else value)
    config.dtype = torch.float32  # it goes on into the run's model.json, where float16 would make a float16 model
    model, report = AutoModel.from_pretrained(
        folder,
        config=config,
        local_files_only=True,
        trust_remote_code=False,
        attn_implementation="eager",
        use_safetensors=True,
        output_loading_info=True,
    )
    return model.float(), report


def _lacks(names: Sequence[str], model: nn.Module) -> str:
    few = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    return f"lacks {len(names)} of the {len(model.state_dict())} weights of a {type(model).__name__} ({few})"


def _damaged(where: Path, error: Exception) -> CheckpointError:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return CheckpointError(str(where), f"the encoder does not load ({reason})", remedy="Check its files.")


def _check_reads(folder: Path, model: nn.Module) -> None:
    """Raise CheckpointError unless the model makes a vector of each piece."""
    pieces = torch.zeros((1, 2), dtype=torch.long)
    training = model.training
    try:
        with torch.no_grad():
            answer = model.eval()(input_ids=pieces, attention_mask=torch.ones_like(pieces))
        fits = tuple(answer.last_hidden_state.shape) == (1, 2, model.config.hidden_size)  # type: ignore[union-attr]
        reason = f"vectors of the shape {tuple(answer.last_hidden_state.shape)} for 2 pieces"
    except Exception as error:  # a model of images, say
        fits, reason = False, " ".join(str(error).split())[:200] or type(error).__name__
    model.train(training)
    if not fits:
        found = f"a {type(model).__name__} does not read pieces of words ({reason})"
        raise CheckpointError(str(folder), found, "an encoder of text, such as a BERT", "Check model.encoder.path.")


@contextmanager
def _silence() -> Iterator[None]:
    """The library draws a bar for a file that loads in a blink, and tables of weights; what matters of them we say."""
    shown, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


class HalfTable(nn.Module):
    """Numbers [...] -> vectors [..., H] in float32, from a table that is never trained and whose numbers float16 holds
    without loss, as the file has them: half the memory, and the same vectors to the bit.
    """

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(table.half(), requires_grad=False)

    def forward(self, numbers: Tensor) -> Tensor:
        return nn.functional.embedding(numbers, self.weight).float()


def fits_half(model: nn.Module) -> bool:
    """Whether float16 holds the vectors of all pieces without loss."""
    table: Tensor = model.get_input_embeddings().weight  # type: ignore[operator]
    return all(torch.equal(part.half().float(), part) for part in torch.split(table.detach(), 2**14))


def halve_table(model: nn.Module) -> None:
    """Keep the vectors of all pieces in float16, never to be trained."""
    model.set_input_embeddings(HalfTable(model.get_input_embeddings().weight.detach()))  # type: ignore[operator]


def make_transformer(architecture: Mapping[str, Any]) -> nn.Module:
    """An encoder of a known architecture with fresh weights, in float32, to load trained weights into."""
    table = dict(architecture)
    with _silence():
        config = AutoConfig.for_model(table.pop("model_type"), **table)
        model = AutoModel.from_config(  # type: ignore[no-untyped-call]
            config, attn_implementation="eager", trust_remote_code=False
        )
    return model.float()  # type: ignore[no-any-return]
