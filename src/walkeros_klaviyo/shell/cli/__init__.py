"""The command line: one file a command, each reads, calls, prints and exits.

Exit 0 all well; 1 some event was invalid, refused or dead-lettered; 2 configuration or usage
error; 3 Klaviyo could not be reached or logged in to (nothing is lost).
"""

from __future__ import annotations

import os
import sys

import typer

from .demo import demo
from .explain import explain
from .plan import plan
from .run import run
from .sandbox import sandbox
from .schema import schema

app = typer.Typer(
    name="walkeros-klaviyo",
    help="walkerOS events become Klaviyo calls.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (demo, plan, run, explain, sandbox, schema):
    app.command()(command)


@app.callback(invoke_without_command=True)
def _version(
    version: bool = typer.Option(False, "--version", help="Show the version and exit."),
) -> None:
    if version:
        from walkeros_klaviyo import __version__

        print(f"walkeros-klaviyo {__version__}")
        raise typer.Exit()


def main() -> None:
    """Run the command line; a person's mistake gets a sentence, never a traceback."""
    from walkeros_klaviyo.shell.problem import problem_of

    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader had enough, as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        text = problem_of(error)
        if text is None:
            raise
        print(text, file=sys.stderr)
        sys.exit(2)
