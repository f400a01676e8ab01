"""The command line: `spanloom COMMAND …`. One file a group of commands; this one assembles them and ends the process.

Exit codes: 0 done, 1 a bug of ours, 2 something that the user can mend, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from spanloom import __version__
from spanloom.errors import MOST_QUOTED, shortened
from spanloom.run.cli.about import doctor, tasks
from spanloom.run.cli.data import check, convert
from spanloom.run.cli.example import example
from spanloom.run.cli.facts import facts
from spanloom.run.cli.faults import BUG, MENDABLE, bug_report, mendable
from spanloom.run.cli.generate import generate
from spanloom.run.cli.init import init
from spanloom.run.cli.judge import calibrate, compare, evaluate
from spanloom.run.cli.listing import settings
from spanloom.run.cli.predict import predict
from spanloom.run.cli.serve import serve
from spanloom.run.cli.splitting import split
from spanloom.run.cli.streams import prepare_streams
from spanloom.run.cli.training import export, train
from spanloom.write.escapes import visible
from spanloom.write.lines import STANDARD_OUTPUT
from spanloom.write.terminal import say, say_lines, silence, tell

INTERRUPTED = 130

USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]
"""What Typer raises for a wrong command line; it has a copy of Click, or Click itself, by its version."""


class Commands(TyperGroup):
    """The commands, with a wrong command line, Ctrl-C and a reader that went away answered in one place."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        with plain_endings():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        with plain_endings():
            return super().invoke(ctx)


@contextmanager
def plain_endings() -> Iterator[None]:
    """What ends a command early, before Typer answers for it in its own way."""
    try:
        yield
    except USAGE_ERROR as error:  # which Typer prints, with the user's own characters in it
        vars(error)["message"] = shortened(visible(vars(error)["message"]), MOST_QUOTED * 3)
        raise
    except KeyboardInterrupt as stopped:
        say("")
        say(str(stopped) or "Interrupted.")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        silence(sys.stdout)  # the reader, `head` say, has all it wanted
        raise typer.Exit(0) from None
    except SystemExit as ending:
        if isinstance(ending.__context__, BrokenPipeError):  # how rich answers for it, with exit code 1
            raise typer.Exit(0) from None
        raise


def build_app() -> typer.Typer:
    """The whole command line as one Typer application."""
    app = typer.Typer(
        name="spanloom",
        cls=Commands,
        help="Turn text into structure, with the bundled model or one trained on your own annotations.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(options)
    everything = (predict, init, train, evaluate, calibrate, compare, check, convert, split, export, generate, serve)
    for command in (*everything, facts, example, tasks, settings, doctor):
        app.command()(command)
    return app


def show_version(wanted: bool) -> None:
    if wanted:
        tell(f"spanloom {__version__}")
        raise typer.Exit


def options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=show_version)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; works anywhere.")] = False,
) -> None:
    """What stands before the command; `main` takes `--debug` out, so that it may stand anywhere."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `arguments` are those of the process if not given."""
    debug, rest = split_debug(list(sys.argv[1:] if arguments is None else arguments))
    prepare_streams()
    try:
        code = run(rest)
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
        return 0
    except Exception as error:
        return report(error, debug)
    return code


def run(arguments: Sequence[str]) -> int:
    """Run one command; the exit code that it asks for."""
    try:
        build_app()(args=arguments, prog_name="spanloom")
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else 0
    return 0


def report(error: Exception, debug: bool) -> int:
    """Say what went wrong, below the traceback if that is wanted; the exit code."""
    if debug:
        say_lines("".join(traceback.format_exception(error)))
    if isinstance(error, OSError) and error.filename == STANDARD_OUTPUT:
        silence(sys.stdout)
    fault = mendable(error)
    if fault is not None:
        say(f"{type(fault).__name__}: {fault}")
        return MENDABLE
    for line in bug_report(error, debug):
        say(line)
    return BUG


def split_debug(arguments: list[str]) -> tuple[bool, list[str]]:
    """Whether `--debug` stands anywhere before a `--`, and the arguments without it."""
    stop = arguments.index("--") if "--" in arguments else len(arguments)
    rest = [argument for argument in arguments[:stop] if argument != "--debug"]
    return len(rest) < stop, rest + arguments[stop:]
