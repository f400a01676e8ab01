"""doccano itself, on loopback and with its SQLite: its two processes, and what is asked of it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import uuid
import zipfile
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from tests.ports import free_port

PROGRAM = os.environ.get("SPANLOOM_DOCCANO") or shutil.which("doccano")
SECONDS = 300
KIM = {"username": "kim", "password": "only-on-loopback"}
KINDS = {"SequenceLabeling": "SequenceLabelingProject", "DocumentClassification": "TextClassificationProject"}


class Doccano:
    """Its web server and its worker, and what is asked of them by somebody who is logged in."""

    def __init__(self, folder: Path) -> None:
        self.url, self.log = f"http://127.0.0.1:{free_port()}", folder / "log"
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        assert PROGRAM is not None
        around = {**os.environ, "DOCCANO_HOME": str(folder / "home"), "HOME": str(folder), "PYTHONPATH": ""}
        for words in (["init"], ["createuser", *(word for key, value in KIM.items() for word in (f"--{key}", value))]):
            subprocess.run([PROGRAM, *words], check=True, capture_output=True, env=around, timeout=SECONDS)
        self.processes = []
        with self.log.open("wb") as log:
            for words in (["webserver", "--port", self.url.rpartition(":")[2]], ["task"]):
                started = subprocess.Popen(
                    [PROGRAM, *words], stdout=log, stderr=subprocess.STDOUT, env=around, start_new_session=True
                )
                self.processes.append(started)

    def wait(self) -> None:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and all(process.poll() is None for process in self.processes):
            try:
                self.ask("POST", "/v1/auth/login/", KIM)
                return
            except OSError:
                time.sleep(1)  # it says nowhere that it is ready
        raise AssertionError(self.log.read_text(encoding="utf-8", errors="replace")[-2000:])

    def stop(self) -> None:
        for process in self.processes:
            os.killpg(process.pid, 9)
            process.wait(60)

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": kind}, method=method)
        for cookie in self.cookies:
            if cookie.name == "csrftoken":
                request.add_header("X-CSRFToken", str(cookie.value))
        try:
            with self._opener.open(request, timeout=120) as reply:
                said = reply.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from error
        try:
            return json.loads(said)
        except ValueError:
            return said

    def project(self, kind: str, relations: bool = False) -> str:
        """A new project, as the path that all that is asked of it begins with."""
        settings = {"name": uuid.uuid4().hex, "description": "towns", "allow_member_to_create_label_type": True}
        settings |= {"project_type": kind, "resourcetype": KINDS[kind], "collaborative_annotation": True}
        settings |= {"allow_overlapping": True, "use_relation": relations}
        return f"/v1/projects/{self.ask('POST', '/v1/projects', settings)['id']}"

    def add(self, project: str, file: Path, task: str, **named: str) -> None:
        """Import JSON lines."""
        edge = uuid.uuid4().hex
        part = f'--{edge}\r\nContent-Disposition: form-data; name="filepond"'
        body = f'{part}\r\n\r\n{{}}\r\n{part}; filename="{file.name}"\r\n\r\n'.encode() + file.read_bytes()
        body += f"\r\n--{edge}--\r\n".encode()
        held = self.ask("POST", "/v1/fp/process/", body, f"multipart/form-data; boundary={edge}")
        held = held.decode() if isinstance(held, bytes) else str(held)
        asked = {"format": "JSONL", "uploadIds": [held], "task": task, **named}
        ended = self._ended(self.ask("POST", f"{project}/upload", asked)["task_id"])
        assert ended["result"]["error"] == [], ended

    def export(self, project: str, file: Path, approved: bool = False) -> None:
        """Write JSON lines of what is annotated, or of what is marked as finished alone."""
        number = self.ask("POST", f"{project}/download", {"format": "JSONL", "exportApproved": approved})["task_id"]
        self._ended(number)
        with zipfile.ZipFile(io.BytesIO(self.ask("GET", f"{project}/download?taskId={number}"))) as packed:
            (name,) = packed.namelist()
            file.write_bytes(packed.read(name))

    def _ended(self, number: str) -> Any:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            said = self.ask("GET", f"/v1/tasks/status/{number}")
            if said["ready"]:
                return said
            time.sleep(0.5)  # it tells nobody that it is done
        raise AssertionError(f"the task {number} does not end")
