"""Label Studio itself, on loopback and with its SQLite, and what is asked of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.ports import free_port

PROGRAM = os.environ.get("SPANLOOM_LABEL_STUDIO") or shutil.which("label-studio")
TOKEN = "0123456789abcdef0123456789abcdef01234567"
SECONDS = 1200

ALONE = {
    "DJANGO_DB": "sqlite",
    "LABEL_STUDIO_USERNAME": "kim@example.com",
    "LABEL_STUDIO_PASSWORD": "only-on-loopback",
    "LABEL_STUDIO_USER_TOKEN": TOKEN,
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
    "ML_BLOCK_LOCAL_IP": "false",  # or it asks no back end on loopback
    "SSRF_PROTECTION_ENABLED": "false",  # or it tells none of annotations
    "COLLECT_ANALYTICS": "false",
    "LATEST_VERSION_CHECK": "false",
}


class LabelStudio:
    """Its process, and what is asked of it."""

    def __init__(self, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        where = ["--no-browser", "--internal-host", "127.0.0.1", "--port", self.url.rpartition(":")[2]]
        self.log = folder / "log"
        assert PROGRAM is not None
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "start", *where, "--log-level", "ERROR"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **ALONE, "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "data"), "PYTHONPATH": ""},
            )

    def wait(self) -> None:
        until = time.monotonic() + SECONDS
        while self.process.poll() is None and time.monotonic() < until:
            try:
                self.ask("GET", "/api/projects")
                return
            except OSError:
                time.sleep(1)  # it says nowhere that it is ready
        raise AssertionError(self.log.read_text(encoding="utf-8", errors="replace")[-2000:])

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:
                text = reply.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from error
        return json.loads(text) if text else None
