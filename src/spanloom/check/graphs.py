"""Gold graphs checked, and what each scheme can say of them: the training data, and the dev data in the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from spanloom.check.audit import audit, audit_windows
from spanloom.check.gold import check_gold
from spanloom.config import RunConfig
from spanloom.contracts import Codec
from spanloom.core import Example

CodecsOf = Callable[[Sequence[Example]], Mapping[str, Codec]]
"""Examples to the codecs of the schemes that could be chosen, by name, fitted on them."""


def check_graphs(
    examples: Sequence[Example], dev: Sequence[Example] | None, codecs_of: CodecsOf, config: RunConfig
) -> dict[str, Any]:
    """`gold` (see `check_gold`), `audit` by scheme (see `audit`) and `windows`; under `dev` the same of the dev data.

    The issues of `gold` tell what the dev data have in common with the training data, and what only they have.
    """
    found = _check(examples, codecs_of, config, dev)
    return found if dev is None else {**found, "dev": _check(dev, codecs_of, config)}


def _check(
    examples: Sequence[Example], codecs_of: CodecsOf, config: RunConfig, dev: Sequence[Example] | None = None
) -> dict[str, Any]:
    annotated = [example for example in examples if example.gold is not None]
    windows = audit_windows(annotated, config)
    schemes = audit(annotated, codecs_of(annotated), windows["used"])
    return {"gold": check_gold(examples, dev), "audit": schemes, "windows": windows}
