"""`python -m spanloom` is the command `spanloom`: the form that launchers of several processes want."""

from __future__ import annotations

import sys

from spanloom.run.cli import main

if __name__ == "__main__":
    sys.exit(main())
