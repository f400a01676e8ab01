"""Nothing that spanloom stands on reports home: no socket that leaves the machine, and no file in an empty home.

`strace` sees what native code does. Where there is none, or it may not look into processes, Python's own audit hook
stands in, which sees Python's sockets alone; the files in the home are looked at either way.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

AUDIT = """
import sys
log = open(sys.argv[1], "w", buffering=1)
def note(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname"):
        log.write(f"{event}(AF_INET {arguments!r})\\n")
sys.addaudithook(note)
del sys.argv[:1]
exec(compile(open(sys.argv[0]).read(), sys.argv[0], "exec"), {"__name__": "__main__"})
"""

PREDICT = """
from spanloom.run.cli import main
main(["predict", "Ada Lovelace lived in London."])
"""

HELD = """
import time
import spanloom
predictor = spanloom.load()
predictor("Ada Lovelace lived in London.")
time.sleep(20)
predictor("Ada Lovelace lived in London.")
"""

EXPORT = """
import sys
from spanloom.run.cli import main
main(["export", sys.argv[1], "--output", sys.argv[2]])
"""

TRAIN = """
import sys
from spanloom.run.cli import main
main(["train", "src/spanloom/tasks/tag/tiny.toml", "train.epochs=2", "--output", sys.argv[1]])
"""

LEAVES = re.compile(r"\b(connect|bind|sendto|sendmsg|sendmmsg|getaddrinfo|gethostbyname)\(.*AF_(INET|NETLINK)")
"""What reaches out, or looks a host up. A socket alone does not: libuuid opens one, to read the machine's own address
for the name of a temporary file when a graph is quantized, and closes it."""

OPENS = re.compile(r"\bsocket\(AF_INET.*SOCK_STREAM")


def may_trace() -> bool:
    tool = shutil.which("strace")
    return tool is not None and subprocess.run([tool, "-f", "true"], capture_output=True, check=False).returncode == 0


def reached_out(program: str, arguments: list[str], repository: Path, folder: Path) -> tuple[list[str], list[str]]:
    """Run a program in an empty home. The calls that reach out, and the files that are in the home afterwards."""
    home, log, script = folder / "home", folder / "log", folder / "program.py"
    home.mkdir()
    script.write_text(program, encoding="utf-8")
    watch = folder / "watch.py"
    watch.write_text(AUDIT, encoding="utf-8")
    if may_trace():
        command = ["strace", "-f", "-e", "trace=network", "-o", str(log), sys.executable, str(script)]
    else:
        command = [sys.executable, str(watch), str(log), str(script)]
    places = {name: str(home / name) for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{repository / 'src'}", "HOME": str(home), **places}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "ORT_DISABLE_TELEMETRY": "0"}  # said to the contrary, in vain
    done = subprocess.run(
        [*command, *arguments], cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    calls = [line for line in log.read_text(encoding="utf-8").splitlines() if LEAVES.search(line) or OPENS.search(line)]
    return calls, sorted(str(path.relative_to(home)) for path in home.rglob("*"))


def test_predict_reaches_nothing(repository: Path, tmp_path: Path) -> None:
    assert reached_out(PREDICT, [], repository, tmp_path) == ([], [])


@pytest.mark.slow(reason="holds a predictor for 20 seconds, as a host is looked up only some seconds after the import")
def test_a_held_predictor_reaches_nothing(repository: Path, tmp_path: Path) -> None:
    assert reached_out(HELD, [], repository, tmp_path) == ([], [])


@pytest.mark.slow(reason="trains and exports in processes of their own, which import PyTorch under strace")
def test_train_and_export_reach_nothing(repository: Path, tmp_path: Path) -> None:
    """Drawing a run's plots leaves matplotlib's list of the machine's fonts in its usual place, and nothing else."""
    for name in ("train", "export"):
        (tmp_path / name).mkdir()
    run, bundle = tmp_path / "run", tmp_path / "bundle"
    calls, files = reached_out(TRAIN, [str(run)], repository, tmp_path / "train")
    assert calls == []
    assert [file for file in files if "matplotlib" not in file and file not in (".cache", ".config")] == [
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
    ]
    assert reached_out(EXPORT, [str(run), str(bundle)], repository, tmp_path / "export") == ([], [])


def test_the_watch_sees_a_socket(repository: Path, tmp_path: Path) -> None:
    """The check itself is checked: a program that sends one datagram to its own machine, and writes one file."""
    program = (
        "import os, socket\n"
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))\n"
        "open(os.path.expanduser('~/left'), 'w').close()\n"
    )
    calls, files = reached_out(program, [], repository, tmp_path)
    assert len(calls) == 1
    assert "sendto" in calls[0]
    assert files == ["left"]


def test_nothing_imports_onnxruntime_without_spanloom(repository: Path) -> None:
    """Outside the package, whose `__init__` runs first, it could be imported before it is told not to report home."""
    guilty = []
    for folder in ("benchmarks", "docs", "from_scratch"):
        for file in (repository / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                guilty += [str(file) for name in names if name.split(".")[0] == "onnxruntime"]
    assert guilty == []


@pytest.mark.parametrize(
    "module", ["spanloom", "spanloom.predict.bundle", "spanloom.export.quantize", "spanloom.errors"]
)
def test_importing_any_part_of_spanloom_says_so_first(module: str, repository: Path) -> None:
    program = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'onnxruntime':\n"
        "            assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'\n"
        "sys.meta_path.insert(0, Watch())\n"
        f"import {module}\n"
        "print(*(os.environ[name] for name in\n"
        "    ('ORT_DISABLE_TELEMETRY', 'HF_HUB_DISABLE_TELEMETRY', 'MLFLOW_DISABLE_TELEMETRY')))\n"
    )
    environment = {"PATH": "", "PYTHONPATH": str(repository / "src"), "ORT_DISABLE_TELEMETRY": "0"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("1 1 true\n", "")
