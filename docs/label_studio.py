"""The pictures of Label Studio in docs/label-studio.md: itself, with what that page makes, in a real Chromium.

    SPANLOOM_LABEL_STUDIO=…/label-studio python -m docs.label_studio

from the root of the repository takes them anew into docs/pictures/, in some minutes.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack, chdir
from pathlib import Path
from typing import Any

from docs.screenshots import FOLDER, keep
from spanloom.run.cli import main
from tests.docs.blocks import REPOSITORY, read
from tests.serve.browsing import launched
from tests.serve.label_studio import ALONE, LabelStudio
from tests.serve.process import Server

PAGE = REPOSITORY / "docs" / "label-studio.md"
SCREEN = {"viewport": {"width": 1000, "height": 640}, "device_scale_factor": 1.2}
PICTURES = ("label-studio-text.png", "label-studio-model.png")


def made(folder: Path) -> None:
    """What the first commands of the page make of its texts."""
    file, commands = read(PAGE)[:2]
    (folder / file.file).write_text(file.text, encoding="utf-8")
    with chdir(folder):
        for line in commands.text.splitlines():
            assert main(line.split()[1:]) == 0, line


def project(studio: LabelStudio, folder: Path, port: int) -> int:
    """A project with these texts and their suggestions, and a service that it may ask."""
    configuration = (folder / "tasks.config.xml").read_text(encoding="utf-8")
    number = int(studio.ask("POST", "/api/projects", {"title": "Notes", "label_config": configuration})["id"])
    studio.ask("POST", f"/api/projects/{number}/import", json.loads((folder / "tasks.json").read_text("utf-8")))
    studio.ask("POST", "/api/ml", {"project": number, "url": f"http://127.0.0.1:{port}", "title": "mine"})
    return number


def logged_in(context: Any, studio: LabelStudio) -> Any:
    page = context.new_page()
    page.goto(f"{studio.url}/user/login/")
    page.fill("input[name=email]", ALONE["LABEL_STUDIO_USERNAME"])
    page.fill("input[name=password]", ALONE["LABEL_STUDIO_PASSWORD"])
    page.click("button[type=submit]")
    page.wait_for_load_state("networkidle")
    return page


def take(folder: Path) -> list[Path]:
    """Take every picture into `folder`."""
    with ExitStack() as held:
        work = Path(held.enter_context(tempfile.TemporaryDirectory()))
        made(work)
        server = Server("--label-studio")
        held.callback(server.stop)
        studio = LabelStudio(work)
        held.callback(studio.process.wait)
        held.callback(studio.process.terminate)
        studio.wait()
        number = project(studio, work, server.port)
        page = logged_in(held.enter_context(launched()).new_context(**SCREEN), studio)
        first = min(task["id"] for task in studio.ask("GET", f"/api/tasks?project={number}&fields=all")["tasks"])
        views = (
            (f"/projects/{number}/data?task={first}", "Nora Lind was born in Oslo"),
            (f"/projects/{number}/settings/ml", "mine"),
        )
        paths = []
        for name, (address, shown) in zip(PICTURES, views, strict=True):
            page.goto(studio.url + address)
            page.get_by_text(shown).last.wait_for()
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(2000)  # arcs are drawn after all else, and nothing tells when
            paths.append(folder / name)
            keep(page.screenshot(), paths[-1])
    return paths


if __name__ == "__main__":
    for path in take(FOLDER):
        print(path, path.stat().st_size)
