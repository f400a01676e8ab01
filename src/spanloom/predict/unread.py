"""Said once of each script that a model was not trained on: no answer tells it, and most of them are then wrong."""

from __future__ import annotations

import threading
from typing import Any

from spanloom.text.scripts import Scripts, readable
from spanloom.write.terminal import say

_LOCK = threading.Lock()
_SAID: set[str] = set()


def say_unread(scripts: Scripts, item: Any) -> None:
    """Say on standard error, once in a process of each script, that most letters of an input are in one that training
    did not have.
    """
    script = scripts.unknown(readable(item))
    if not script:
        return
    with _LOCK:
        if script in _SAID:
            return
        _SAID.add(script)
    known = ", ".join(scripts.known())
    say(f"Text in the script {script}: this model was trained on {known}, so expect little of its answers there.")
