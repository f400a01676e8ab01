"""`spanloom generate`: a model goes on with a text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spanloom.errors import ConfigError
from spanloom.write.terminal import pour, say, tell


def generate(
    model: Annotated[Path, typer.Argument(help="A run folder or a bundle of a task that can go on with a text.")],
    prefix: Annotated[str, typer.Option("--prefix", "-p", help="What the text begins with.")] = "",
    length: Annotated[int, typer.Option("--length", "-n", help="Characters, words or wordpieces to write.")] = 200,
    temperature: Annotated[
        float | None, typer.Option("--temperature", help="Below 1 safer and duller, above 1 bolder; 1 if not given.")
    ] = None,
    top_p: Annotated[
        float | None, typer.Option("--top-p", help="Draw from the likeliest that make up so much, in 0..1.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Another seed, another text; 0 if not given.")] = None,
    beams: Annotated[
        int, typer.Option("--beams", help="Look for the likeliest text, this many at a time; draw nothing.")
    ] = 0,
) -> None:
    """Let a language model go on with a text, shown as it is written."""
    drawing = {"--temperature": temperature, "--top-p": top_p, "--seed": seed}
    given = [name for name, value in drawing.items() if value is not None]
    if beams and given:
        raise ConfigError("generate", f"{given[0]} and --beams {beams}", "one of the two", "Leave one out.")
    from spanloom.decode.sampling import Sampling
    from spanloom.predict.predictor import load
    from spanloom.run.generate import generate

    chosen = Sampling(
        length,
        1.0 if temperature is None else temperature,
        1.0 if top_p is None else top_p,
        0 if seed is None else seed,
        beams,
    )
    found = generate(load(model), prefix, chosen)
    if unknown := found.unknown:
        more = " and others" if len(unknown) > 8 else ""
        say(f"Never seen in training, so read as unknown and left out: {', '.join(map(repr, unknown[:8]))}{more}")
    for piece in found.pieces:
        pour(piece)
    tell()
