"""The image of the service: what its files say, and, where docker is there, the image itself."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

MOST = 400 * 10**6
NAME = "spanloom-serve:tests"


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout.strip()


def docker_is_there() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def test_it_is_not_root_and_has_a_health_check(repository: Path) -> None:
    lines = (repository / "Dockerfile").read_text(encoding="utf-8").splitlines()
    said = dict(line.partition(" ")[::2] for line in lines if line and line[0].isupper())
    assert said["USER"] == "65534:65534"
    assert "HEALTHCHECK" in said
    assert json.loads(said["ENTRYPOINT"])[:2] == ["spanloom", "serve"]
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    let_in = (repository / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in itertools.chain(*copied):
        assert (repository / name).exists()
        assert f"!{name}" in let_in


def test_compose_is_read_only_and_on_loopback(repository: Path) -> None:
    service = yaml.safe_load((repository / "compose.yaml").read_text(encoding="utf-8"))["services"]["spanloom"]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


@pytest.mark.slow  # builds an image
@pytest.mark.skipif(not docker_is_there(), reason="there is no docker daemon")
def test_the_image_answers_and_is_small(repository: Path) -> None:
    docker("build", "--tag", NAME, str(repository))
    assert int(docker("image", "inspect", "--format", "{{.Size}}", NAME)) < MOST
    started = docker("run", "--detach", "--rm", "--read-only", "--publish", "127.0.0.1::8000", NAME)
    try:
        address = docker("port", started, "8000/tcp")
        body = json.dumps({"text": "Ada Lovelace lived in London."}).encode()
        request = urllib.request.Request(f"http://{address}/v1/predict", body, {"Content-Type": "application/json"})
        until = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(request, timeout=60) as reply:
                    assert json.load(reply)["answer"]["entities"]
                break
            except OSError:
                assert time.monotonic() < until
        with urllib.request.urlopen(f"http://{address}/page/app.js", timeout=60) as reply:
            assert reply.headers["content-type"].startswith("text/javascript"), "the page is in the image too"
        assert docker("exec", started, "id", "-u") == "65534"
    finally:
        docker("stop", started)
