"""Is it the person's to mend? Then what do we say?"""

from __future__ import annotations

from pathlib import Path

import pytest

from walkeros_klaviyo.core.faults import ConfigError, Fault
from walkeros_klaviyo.shell.config import FileError
from walkeros_klaviyo.shell.input.source import SourceError
from walkeros_klaviyo.shell.problem import MissingExtraError, UsageError, problem_of
from walkeros_klaviyo.shell.send.host import HostError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UsageError("choose one"), "choose one"),
        (HostError("use https://"), "use https://"),
        (SourceError("x: no such file"), "x: no such file"),
        (FileError(Path("c.json"), [Fault("", "no such file")]), "c.json: no such file"),
        (ConfigError([Fault("settings.emial", "unknown key")]), "settings.emial"),
        (
            MissingExtraError("demo", "server", "starlette"),
            'demo needs starlette, which is not installed; run: pip install "walkeros-klaviyo[',
        ),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_a_persons_mistake_has_a_sentence(error: Exception, text: str) -> None:
    """The error's own."""
    assert text in str(problem_of(error))


@pytest.mark.parametrize(
    "error", [KeyError("x"), ValueError("x"), TypeError("x"), RuntimeError("x"), RecursionError()]
)
def test_a_fault_of_ours_has_none(error: Exception) -> None:
    """It deserves its traceback."""
    assert problem_of(error) is None
