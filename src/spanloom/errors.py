"""Every error that spanloom raises on purpose.

    SpanloomError
    ├── DataError         something in the user's data
    ├── ConfigError       something in a configuration file, an override or an argument
    ├── CheckpointError   something in a run folder, a checkpoint or a bundle
    ├── ExportRefused     an export that would lose more quality than was allowed
    └── MissingExtra      a feature whose optional packages are not installed

The command line prints one of these as one sentence and exits with code 2. Anything else that escapes is our own bug.
"""

from __future__ import annotations


class SpanloomError(Exception):
    """A fault that the user can mend: where it is, what was found, what was expected, what to do.

    `str(error)` is one line, `WHERE: FOUND; EXPECTED. REMEDY`, without the parts that are empty.
    """

    def __init__(self, where: str, found: str, expected: str = "", remedy: str = "") -> None:
        self.where = where
        self.found = found
        self.expected = expected
        self.remedy = remedy
        statement = f"{found}; {expected}" if expected else found
        location = f"{where}: " if where else ""
        ending = f". {remedy}" if remedy else ""
        super().__init__(f"{location}{statement}{ending}")


class DataError(SpanloomError):
    """A fault in the user's data; `where` is `path:line` where a line is known."""


class ConfigError(SpanloomError):
    """A fault in a configuration file, in a `key=value` override or in an argument."""


class CheckpointError(SpanloomError):
    """A run folder, checkpoint or bundle that is missing, damaged, or made for another version."""


class ExportRefused(SpanloomError):
    """An export that scored worse than its source by more than was allowed."""


class MissingExtra(SpanloomError):
    """A feature whose optional dependencies are not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            feature,
            f"needs packages that are not installed (the '{extra}' extra)",
            remedy=f"Install it with: pip install 'spanloom[{extra}]'",
        )
