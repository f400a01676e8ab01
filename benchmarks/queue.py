"""The command `python benchmarks/queue.py`, which `queue_planted.py` is. Imported, the standard library's `queue`.

A script's folder stands first where Python looks for modules, so the scripts beside this one, and what they import,
find this file when they ask for that module.
"""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from pathlib import Path

if __name__ == "__main__":
    from queue_planted import main

    main()
else:
    file = Path(sysconfig.get_path("stdlib"), "queue.py")
    spec = importlib.util.spec_from_file_location(__name__, file)
    assert spec is not None and spec.loader is not None, file  # noqa: PT018
    sys.modules[__name__] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
