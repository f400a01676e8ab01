"""The model card of a bundle: that of its run, without where things lay, and what the export made of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from spanloom.text.counts import several

PATHS = re.compile(r'([`"])(?:/|[A-Za-z]:[/\\]|[/\\]{2})[^`"\n]*?[/\\]*([^/\\`"\n]+)[/\\]*\1')
"""A whole path, of Linux, macOS or Windows, in the quotes that cards put around one, and its last name."""


def bundle_card(card: str, manifest: Mapping[str, Any]) -> str:
    """A run's card as that of its bundle. manifest: what `bundle.json` says."""
    return f"{without_folders(card).rstrip()}\n\n## This bundle\n\n{_export(manifest)}\n"


def without_folders(card: str) -> str:
    """A card without where on this machine its data lie: of each path the last name."""
    return PATHS.sub(r"\1\2\1", card)


def _export(manifest: Mapping[str, Any]) -> str:
    precision, pieces = manifest["precision"], manifest["pieces"]
    before, after = (100 * manifest["scores"][name]["best"] for name in ("torch", precision))
    on = several(manifest["golden"]["examples"], "example")
    lines = [f"- Exported as {precision}: score {after:.1f}, where the run's own is {before:.1f}, on {on}."]
    if manifest["tables"]:
        sizes = [f"{table['rows']:,} x {table['width']:,} in {table['bits']} bits" for table in manifest["tables"]]
        lines.append(f"- Its tables of vectors: {', '.join(sizes)}.")
    if pieces is not None:
        kept = f"{pieces['kept']:,} of {several(pieces['of'], 'piece')}"
        lines.append(f"- It keeps {kept} of words; what they do not have is spelt by shorter ones.")
    return "\n".join(lines)
