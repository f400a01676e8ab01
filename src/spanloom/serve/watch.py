"""Models whose files change are loaded again, where that is wanted."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from spanloom.errors import SpanloomError
from spanloom.serve.loaded import signature
from spanloom.serve.service import Service


async def watch(service: Service, seconds: float) -> None:
    """Look at the models' folders every so many seconds, for ever.

    A folder that changed is loaded once it stays as it is from one look to the next: it may be being copied. One that
    cannot be loaded is tried again when it changes again.
    """
    folders = {name: model.folder for name, model in service.models.items()}
    loaded = {name: await asyncio.to_thread(signature, folder) for name, folder in folders.items()}
    seen = dict(loaded)
    while True:
        await asyncio.sleep(seconds)
        for name, folder in folders.items():
            now = await asyncio.to_thread(signature, folder)
            if now == seen[name] and now != loaded[name]:
                loaded[name] = now
                with suppress(SpanloomError):  # the service says why
                    await asyncio.to_thread(service.reload, name)
            seen[name] = now
