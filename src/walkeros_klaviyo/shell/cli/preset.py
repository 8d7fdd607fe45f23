"""What does a preset contain, as an ordinary configuration to copy and change?"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

preset = typer.Typer(no_args_is_help=True, help="The rules that are shipped for a shop.")


class Form(StrEnum):
    """The format of a configuration."""

    TOML = "toml"
    JSON = "json"


@preset.callback()
def _group() -> None:
    """Keeps `show` a subcommand although it is the only one."""


@preset.command()
def show(
    name: Annotated[str, typer.Argument(help="The preset's name.")] = "ecommerce",
    form: Annotated[Form, typer.Option("--format", help="The format of the file.")] = Form.TOML,
) -> None:
    """Print a preset as a configuration to copy and change."""
    import json

    from walkeros_klaviyo.core.faults import did_you_mean
    from walkeros_klaviyo.core.klaviyo.preset import PRESETS, Preset
    from walkeros_klaviyo.document.write import toml_of
    from walkeros_klaviyo.shell.problem import UsageError
    from walkeros_klaviyo.shell.process import readers_may_leave

    if name not in PRESETS:
        raise UsageError(f"{name}: no such preset{did_you_mean(name, PRESETS)}")
    configuration = {"mapping": Preset(name).mapping()}
    with readers_may_leave():
        if form is Form.JSON:
            print(json.dumps(configuration, indent=2, ensure_ascii=False))
        else:
            print(toml_of(configuration), end="")
