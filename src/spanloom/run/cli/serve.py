"""`spanloom serve`: models behind HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spanloom.errors import MissingExtra


def serve(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL]…",
            help="Run folders or bundles, each under its own name or as NAME=FOLDER; the bundled model if not given.",
        ),
    ] = None,
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", "-p", help="0 takes any that is free.")] = 8000,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Batches answered at once; a processor each if not given.")
    ] = None,
    watch: Annotated[
        float | None,
        typer.Option(
            "--watch", metavar="SECONDS", help="Look this often whether a model's files changed, and reload it."
        ),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="Tokens, one a line: requests must send one of them.")
    ] = None,
    store: Annotated[
        Path | None, typer.Option("--store", metavar="FILE", help="Keep the facts of answers in this SQLite file.")
    ] = None,
    label_studio: Annotated[
        bool, typer.Option("--label-studio", help="Be a back end of Label Studio, which asks for predictions.")
    ] = False,
    train: Annotated[
        Path | None,
        typer.Option("--train", metavar="CONFIG.toml", help="With --label-studio: train again on new annotations."),
    ] = None,
    annotations: Annotated[
        Path, typer.Option("--annotations", metavar="DIR", help="Where annotations and trainings on them are kept.")
    ] = Path("annotations"),
    train_every: Annotated[int, typer.Option("--train-every", help="New annotations that begin a training.")] = 100,
    max_queue: Annotated[int, typer.Option("--max-queue", help="Texts that may wait, of all clients.")] = 1024,
    max_texts: Annotated[int, typer.Option("--max-texts", help="Texts of a request.")] = 256,
    max_characters: Annotated[int, typer.Option("--max-characters", help="Characters of a text.")] = 100_000,
    max_body: Annotated[int, typer.Option("--max-body", help="Bytes of a request.")] = 8 * 2**20,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds until a request is answered.")] = 30.0,
    log: Annotated[
        str, typer.Option("--log", help="What is said of requests: quiet, requests, or texts (with what is in them).")
    ] = "quiet",
) -> None:
    """Answer for texts over HTTP: POST /v1/predict, and the KServe V2 protocol under /v2.

    Requests of several clients are answered together. SIGTERM and Ctrl-C let what was taken be answered first.
    """
    try:
        from spanloom.predict.device import processors
        from spanloom.serve.loaded import named_models
        from spanloom.serve.process import serve
        from spanloom.serve.settings import Limits, Settings, Trained, chosen_log, read_tokens
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("spanloom"):
            raise
        raise MissingExtra("spanloom serve", "serve") from error
    limits = Limits(max_body, max_texts, max_characters, max_queue, timeout)
    tokens = () if token_file is None else read_tokens(token_file)
    trained = None if train is None else Trained(train, annotations, train_every)
    settings = Settings(limits, threads or processors(), watch, tokens, chosen_log(log), store, label_studio, trained)
    serve(named_models(models or []), host, port, settings)
