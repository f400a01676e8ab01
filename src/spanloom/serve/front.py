"""The page at `/` and its files. Which there are is known when the process starts; no request names a path."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from spanloom import write

PAGE = Path(__file__).parent / "page"
SHARED = ("drawing.css", "arc_layout.js", "arcs.js", "painting.js")
"""What draws an answer on every page, from `write/`."""
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

FILES = {
    **{path.name: path for path in sorted(PAGE.iterdir()) if path.suffix in KINDS},
    **{name: Path(str(write.__file__)).parent / name for name in SHARED},
}
FIRST = "index.html"
PATHS = frozenset(("/", *(f"/page/{name}" for name in FILES)))
"""What is answered without a token, which is typed into the page: none of it says anything of models or texts."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


@router.get("/")
async def first(request: Request) -> Response:
    """The page."""
    return given(request, FIRST)


@router.get("/page/{name}")
async def file(request: Request, name: str) -> Response:
    """A file of the page."""
    if name not in FILES:
        raise HTTPException(404)
    return given(request, name)


def given(request: Request, name: str) -> Response:
    """A file, or that the browser has it already."""
    content, tag = content_of(name)
    headers = {"content-security-policy": POLICY, "cache-control": "no-cache", "etag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=f"{KINDS[FILES[name].suffix]}; charset=utf-8", headers=headers)


@cache
def content_of(name: str) -> tuple[bytes, str]:
    """A file's bytes, and what tells them from those of another version."""
    content = FILES[name].read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:16]}"'
