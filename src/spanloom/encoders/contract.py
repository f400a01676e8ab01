"""What an encoder is, and what tasks ask of it. NumPy only: what needs torch is imported when it is first called.

T words, P pieces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from spanloom.axes import Declared
from spanloom.core import Array, Arrays


@dataclass(frozen=True)
class EncoderConfig:
    """What reads the text: the `[model.encoder]` table, of which each kind has one of its own."""

    kind: str


class Features(Protocol):
    """What an encoder reads of a sentence, as arrays; it holds the vocabularies, fitted on training data alone.

    encode     a sentence in words -> arrays, among them lengths [], how many words there are. cut: where to count what
               the arrays leave out (see `Row.cut`)
    declared   the axes and limits of these arrays, and of those that a row of two texts has besides
    to_dict    all but the tokenizer, for `Encoder.load`; "kind" in it is the encoder's
    joined     whether two texts stand in one row, and what stands before, between and behind them is read as words are

    A class inherits from this one, and with it what most have in common.
    """

    joined: bool = False

    def encode(self, words: Sequence[str], cut: Counter[str] | None = None) -> Arrays: ...
    def declared(self) -> dict[str, Declared]: ...
    def to_dict(self) -> dict[str, Any]: ...

    def encode_row(
        self,
        texts: Sequence[Sequence[str]],
        beside: Mapping[str, Array] | None = None,
        cut: Counter[str] | None = None,
    ) -> Arrays:
        """One text in one row, or, where they are `joined`, two: the arrays of `encode` for all that stands in it.

        beside: arrays [T, ...] of what else is known of the words, 0 for nothing.
        """
        (words,) = texts
        return {**self.encode(words, cut), **(beside or {})}

    def length(self, inputs: Arrays) -> int:
        """What batches are sized by, of the arrays of a sentence."""
        return int(inputs["lengths"])

    def room(self, texts: int) -> int | None:
        """How many words of so many texts, 1 or 2, fit into a row; None for any number."""
        return None

    def with_words(self, words: Sequence[str]) -> Features | None:
        """Features to which each of these is a word of its own; None where their vocabulary has none to spare."""
        return self

    def knows(self) -> Callable[[str], bool] | None:
        """Whether a word is in the vocabulary; None where there is none of words."""
        return None

    def tokenizer_json(self) -> str | None:
        """The tokenizer, which is a file of its own; None where there is none."""
        return None


class Wanted(NamedTuple):
    """How a task wants its encoder.

    dropout: part of what is read that is hidden in training. architecture: what `architecture` of the trained one said;
    None starts from pretrained weights and vectors. maps: answer with the attention between words too, where there is
    any. beside: the width of vectors [B, T, beside] of the task's own, which `forward` is given as `beside`, for the
    layers above to read beside the words. above: whether there are layers above; a task may put them above more.
    """

    dropout: float
    architecture: Mapping[str, Any] | None = None
    maps: bool = False
    beside: int = 0
    above: bool = True


class EncoderSize(NamedTuple):
    """products: weights that every token is multiplied by, those that learn nothing counted by a third, as they are
    passed forward only. trained, frozen: all weights, tables among them. inner: numbers that one token leaves inside
    the encoder, layer by layer. width: of the answer. maps: attention maps that there are.
    """

    products: int = 0
    trained: int = 0
    frozen: int = 0
    inner: int = 0
    width: int = 0
    maps: int = 0


def _nothing_to_refuse(config: Any) -> None:
    pass


@dataclass(frozen=True)
class Encoder:
    """A kind of encoder, as functions. One folder under `encoders/` makes one and nothing else knows of it.

    config  the frozen dataclass of its `[model.encoder]` table, an `EncoderConfig`
    fit     (training sentences, config, words of a sentence at most) -> `Features`
    load    (features.to_dict(), tokenizer JSON or None) -> `Features`; ValueError for what is damaged
    build   (config, features, `Wanted`) -> `nn.encoder.EncoderModule`; CheckpointError or DataError for files
    above   (config, width, dropout) -> the layers above vectors of this width, a `LayersAbove`
    size    (config, features) -> `EncoderSize` of what `build` makes, without layers of the task's own beside it;
            ConfigError or CheckpointError where its files are not there
    check   (config) -> None; ConfigError for settings that contradict each other, beyond what their ranges say
    """

    config: type[EncoderConfig]
    fit: Callable[[Iterable[Sequence[str]], Any, int], Features]
    load: Callable[[Mapping[str, Any], str | None], Features]
    build: Callable[..., Any]
    above: Callable[..., Any]
    size: Callable[[Any, Any], EncoderSize]
    check: Callable[[Any], None] = _nothing_to_refuse
