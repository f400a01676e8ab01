"""The command line: `spanloom COMMAND …`. One file a group of commands; this one assembles them and ends the process.

Exit codes: 0 done, 1 a bug of ours, 2 something that the user can mend, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import io
import os
import platform
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from spanloom import __version__
from spanloom.errors import SpanloomError
from spanloom.run.cli.about import doctor, tasks
from spanloom.run.cli.data import check, convert
from spanloom.run.cli.generate import generate
from spanloom.run.cli.judge import compare, evaluate
from spanloom.run.cli.predict import predict
from spanloom.run.cli.training import export, train

INTERRUPTED = 130


class Commands(TyperGroup):
    """The commands, with Ctrl-C and a reader that went away answered in one place."""

    def invoke(self, ctx: Any) -> Any:
        try:
            answer = super().invoke(ctx)
            sys.stdout.flush()
            return answer
        except KeyboardInterrupt as stopped:
            print(f"\n{str(stopped) or 'Interrupted.'}", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader, `head` say, has all it wanted. What is still buffered must not complain when Python exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None


def build_app() -> typer.Typer:
    """The whole command line as one Typer application."""
    app = typer.Typer(
        name="spanloom",
        cls=Commands,
        help="Turn text into structure, with the bundled model or one trained on your own annotations.",
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(options)
    for command in (predict, train, evaluate, compare, check, convert, export, generate, tasks, doctor):
        app.command()(command)
    return app


def show_version(wanted: bool) -> None:
    if wanted:
        print(f"spanloom {__version__}")
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
    prepare_output()
    try:
        build_app()(args=rest, prog_name="spanloom")
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else 0
    except (SpanloomError, OSError) as error:
        report(f"{type(error).__name__}: {error}", debug)
        return 2
    except Exception as error:
        report(bug_report(error, debug), debug)
        return 1
    return 0


def prepare_output() -> None:
    """Files and pipes get UTF-8 whatever the locale says; a terminal shows `?` for a character that it lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace") if stream.isatty() else stream.reconfigure(encoding="utf-8")


def report(message: str, debug: bool) -> None:
    """Say what went wrong, below the traceback if that is wanted."""
    if debug:
        traceback.print_exc()
    print(message, file=sys.stderr)


def split_debug(arguments: list[str]) -> tuple[bool, list[str]]:
    """Whether `--debug` stands anywhere before a `--`, and the arguments without it."""
    stop = arguments.index("--") if "--" in arguments else len(arguments)
    rest = [argument for argument in arguments[:stop] if argument != "--debug"]
    return len(rest) < stop, rest + arguments[stop:]


def bug_report(error: Exception, debug: bool) -> str:
    """What to say when an error escapes that nobody raised on purpose."""
    again = "" if debug else "\nRun the same command with --debug to see where it happened."
    return (
        f"This is a bug in spanloom: {type(error).__name__}: {error}{again}\n"
        "Please report it, with the command, the --debug output and this line: "
        f"spanloom {__version__}, Python {platform.python_version()}, {platform.platform()}"
    )
