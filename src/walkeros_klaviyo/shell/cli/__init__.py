"""The command line: one file per command, each of which reads, calls, prints and exits.

Exit 0 all well; 1 some event was invalid, refused or dead-lettered; 2 configuration or usage
error; 3 stopped before everything was sent (nothing is lost); 128 + n ended by signal n.
"""

from __future__ import annotations

import os
import sys
import threading

import typer

from walkeros_klaviyo.shell.problem import problem_of
from walkeros_klaviyo.shell.process import collect_rarely, ended_by_signals, forget_output
from walkeros_klaviyo.shell.show.screen import open_streams

from .codes import codes
from .demo import demo
from .diff import diff
from .explain import explain
from .init import init
from .plan import plan
from .preset import preset
from .run import run
from .sandbox import sandbox
from .schema import schema
from .serve import serve
from .store import store
from .verify import verify

app = typer.Typer(
    name="walkeros-klaviyo",
    help="walkerOS events become Klaviyo calls.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (demo, init, plan, run, serve, explain, diff, verify, codes, sandbox, schema):
    app.command()(command)
app.add_typer(store, name="store")
app.add_typer(preset, name="preset")


@app.callback(invoke_without_command=True)
def _version(
    version: bool = typer.Option(False, "--version", help="Show the version and exit."),
) -> None:
    if version:
        from walkeros_klaviyo import __version__

        print(f"walkeros-klaviyo {__version__}")
        raise typer.Exit()


def main() -> None:
    """Run the command line; a user's error gets a message, never a traceback."""
    collect_rarely()
    code = ended_by_signals(_ended)
    if threading.active_count() > 1:
        # A thread that waits for input or an answer cannot be joined, so end without it.
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _ended() -> int:
    """The exit code, once all output is written."""
    open_streams()
    code = _code()
    try:
        sys.stdout.flush()
    except OSError as error:
        said = problem_of(error) or str(error)
        forget_output()
        if not isinstance(error, BrokenPipeError):
            print(said, file=sys.stderr)
            return 2
    return code


def _code() -> int:
    try:
        app()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except Exception as error:
        text = problem_of(error)
        if text is None:
            raise
        print(text, file=sys.stderr)
        if isinstance(error, OSError):
            forget_output()
        return 2
    return 0
