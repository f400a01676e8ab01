"""Pages in a browser, where there is one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)


def drawn(page: str, folder: Path, width: int, *options: str, script: str = "") -> str:
    """The page as the browser has it after its scripts ran, and `script` after them."""
    file = folder / "page.html"
    file.write_text(page.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-extensions"]
    quiet += [f"--user-data-dir={folder / 'profile'}", f"--window-size={width},2000", "--virtual-time-budget=3000"]
    command = [str(CHROMIUM), *quiet, *options, "--dump-dom", file.as_uri()]
    return subprocess.run(command, capture_output=True, timeout=120, check=True).stdout.decode("utf-8")
