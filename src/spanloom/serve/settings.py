"""How a service is to run: what it takes at most, with how many threads, who may ask, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path

from spanloom.errors import ConfigError, FileError
from spanloom.predict.device import processors

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LEAST_TOKEN = 16
"""Characters that a token has at least: a shorter one can be tried out."""


class Log(StrEnum):
    """What is said of requests on standard error. Faults, reloads, start and stop are always said."""

    quiet = "quiet"
    requests = "requests"
    texts = "texts"


@dataclass(frozen=True)
class Limits:
    """What is taken of clients. body: bytes of a request. texts: of a request. characters: of a text, or of all that
    make one answer. queue: texts that wait, of all clients. seconds: until a request is answered.
    """

    body: int = 8 * 2**20
    texts: int = 256
    characters: int = 100_000
    queue: int = 1024
    seconds: float = 30.0

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not value > 0:
                option = OPTIONS[each.name]
                raise ConfigError(option, f"is {value}", "a number above 0", f"Set {option} to one, or leave it out.")
        if self.texts > self.queue:
            found, remedy = (
                f"is {self.queue}, below --max-texts {self.texts}",
                "Raise --max-queue, or lower --max-texts.",
            )
            raise ConfigError("--max-queue", found, "room for one request of as many texts as are allowed", remedy)


OPTIONS = {
    "body": "--max-body",
    "texts": "--max-texts",
    "characters": "--max-characters",
    "queue": "--max-queue",
    "seconds": "--timeout",
}
"""By which option each limit is set, which a refusal names."""


@dataclass(frozen=True)
class Trained:
    """How a model is trained again. config: of the training; its data are learnt from too. folder: of what is kept.
    every: new annotations that begin a training.
    """

    config: Path
    folder: Path
    every: int = 100

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ConfigError("--train-every", f"is {self.every}", "at least 1", "Set --train-every 100, say.")


@dataclass(frozen=True)
class Settings:
    """limits: what is taken. threads: batches that are answered at the same time. watch: seconds between two looks at
    the models' folders, None for none. tokens: of which a request must have one, where there are any. log: what is said
    of requests. store: a file that keeps the answers' facts. label_studio: whether it is a back end of Label Studio.
    trained: how the first model is trained again on the annotations that Label Studio tells of; None for never.
    """

    limits: Limits = field(default_factory=Limits)
    threads: int = field(default_factory=processors)
    watch: float | None = None
    tokens: tuple[str, ...] = ()
    log: Log = Log.quiet
    store: Path | None = None
    label_studio: bool = False
    trained: Trained | None = None

    def __post_init__(self) -> None:
        if self.watch is not None and not self.watch > 0:
            raise ConfigError("--watch", f"is {self.watch}", "seconds above 0", "Set --watch 1, say.")
        if self.trained is not None and not self.label_studio:
            raise ConfigError("--train", "without --label-studio nobody tells of annotations", "both", "Add it.")


def chosen_log(name: str) -> Log:
    """What is to be said, by its name. Raises ConfigError."""
    if name not in set(Log):
        expected = f"one of {', '.join(Log)}"
        raise ConfigError("--log", f"{name!r}", expected, "Name one of these.")
    return Log(name)


def read_tokens(path: Path) -> tuple[str, ...]:
    """The tokens of a file, one a line; blank lines and those with a # in front are left out.

    Raises FileError, or ConfigError for a file without a token and for one that is too short or not plain ASCII.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise FileError.of(error, path) from error
    except UnicodeDecodeError:
        raise ConfigError(str(path), "is not UTF-8", "tokens, one a line", "Write it anew.") from None
    tokens = []
    for number, line in enumerate(lines, start=1):
        token = line.strip()
        if not token or token.startswith("#"):
            continue
        if len(token) < LEAST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
            found = f"the token there has {len(token)} characters, or others than letters, digits and signs"
            expected = f"at least {LEAST_TOKEN} of ASCII without blanks"
            remedy = "Make one with: python -c 'import secrets; print(secrets.token_urlsafe())'"
            raise ConfigError(f"{path}:{number}", found, expected, remedy)
        tokens.append(token)
    if not tokens:
        raise ConfigError(str(path), "has no token", "one a line", "Add one, or leave out --token-file.")
    return tuple(tokens)
