"""Requests that get no answer: with which status, for which cause, and what a client is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from starlette.exceptions import HTTPException

from spanloom.errors import SpanloomError
from spanloom.serve.settings import OPTIONS


class Refused(HTTPException):
    """A request that is refused. cause: a short fixed name that clients can tell and `/metrics` counts by.

    error: what is said of it.
    """

    def __init__(
        self, status: int, cause: str, error: SpanloomError | str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, str(error), headers)
        self.cause = cause


def beyond(status: int, limit: str, found: str, most: float) -> Refused:
    """What is more than a limit allows; limit: its name in `Limits`."""
    option = OPTIONS[limit]
    error = SpanloomError("request", found, f"at most {most:,} ({option})", "Send less in one request.")
    return Refused(status, f"too_many_{limit}" if limit == "texts" else f"{limit}_too_long", error)


def unknown_model(name: str, known: list[str]) -> Refused:
    """A model that is not served."""
    error = SpanloomError("model", f"no model {name!r}", f"one of {', '.join(known)}", "Name one of these.")
    return Refused(404, "unknown_model", error)


def unusable(error: SpanloomError, cause: str = "invalid") -> Refused:
    """A request that cannot be understood, as the error says."""
    return Refused(422, cause, error)


def queue_full(most: int, seconds: int) -> Refused:
    """More texts wait than are to; the client may come again."""
    found = f"more than {most:,} texts would wait (--max-queue)"
    error = SpanloomError("queue", found, "room in it", f"Try again in {seconds} s.")
    return Refused(429, "queue_full", error, {"Retry-After": str(seconds)})


def too_late(seconds: float) -> Refused:
    """The time of a request ran out before its answer was there."""
    error = SpanloomError(
        "request", f"not answered within {seconds:g} s (--timeout)", "", "Send fewer texts, or later."
    )
    return Refused(504, "timed_out", error)


def too_slow(seconds: float) -> Refused:
    """A client that takes longer to send its request than an answer may take."""
    error = SpanloomError("request", f"its body did not come within {seconds:g} s (--timeout)", "", "Send it faster.")
    return Refused(408, "body_too_slow", error)


def stopping() -> Refused:
    """The service answers what it has and takes no more."""
    error = SpanloomError("service", "is stopping", "", "Ask another one, or try again in a second.")
    return Refused(503, "stopping", error, {"Retry-After": "1"})


def no_token() -> Refused:
    """A request without one of the tokens."""
    error = SpanloomError("request", "no valid token", "the header 'Authorization: Bearer TOKEN'", "Send a token.")
    return Refused(401, "unauthorised", error, {"WWW-Authenticate": "Bearer"})


def no_store() -> Refused:
    """A question to a store where there is none."""
    error = SpanloomError("store", "this service keeps none", "one started with --store FILE", "Ask another service.")
    return Refused(404, "no_store", error)


def store_failed(error: SpanloomError, path: Path) -> Refused:
    """A store that cannot be read, without where it is kept."""
    return Refused(503, "store_failed", str(error).replace(str(path), "store"))
