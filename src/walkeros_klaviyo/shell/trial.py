"""How can delivery be tried without an account? Against a sandbox in this process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from walkeros_klaviyo.core.pipeline import Transform
from walkeros_klaviyo.core.plan import Plan

from .jsonl import to_line
from .problem import MissingExtraError, UsageError

if TYPE_CHECKING:
    from walkeros_klaviyo.sandbox import Sandbox


@contextmanager
def trial_sandbox(
    command: str, limits: Literal["published", "off"] = "off", port: int = 0
) -> Iterator[tuple[Sandbox, str]]:
    """A running sandbox and its URL; MissingExtraError without the extra `server`."""
    try:
        from walkeros_klaviyo.sandbox import Sandbox
        from walkeros_klaviyo.sandbox.serve import running
    except ModuleNotFoundError as error:
        raise MissingExtraError(command, "server", str(error.name)) from None
    sandbox = Sandbox(limits=limits, keep_requests=0)
    with ExitStack() as stack:
        try:
            url = stack.enter_context(running(sandbox, port))
        except OSError as error:
            raise UsageError(f"--port {port}: {error.strerror or error}") from None
        yield sandbox, url


def noting_origins(sandbox: Sandbox, transform: Transform) -> Transform:
    """The same transform; the sandbox's page then shows each event beside its calls."""

    def plan(event: object) -> Plan:
        planned = transform.plan(event)
        for call in planned.calls:
            if call.metric is not None and call.unique_id is not None:
                sandbox.note_origin(call.metric, call.unique_id, to_line(event))
        return planned

    return Transform(plan, (noting_origins, (sandbox, transform)))


@contextmanager
def temporary_store() -> Iterator[Path]:
    """A store for a trial, deleted afterwards so that it never suppresses real sends."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="walkeros-klaviyo-")
    except OSError as error:
        why = error.strerror or error
        raise UsageError(f"a trial needs a temporary folder (TMPDIR): {why}") from None
    with folder as name:
        yield Path(name) / "trial.db"
