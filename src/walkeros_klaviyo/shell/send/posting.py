"""How do requests go out, and their answers come back into the loop?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, Final, Protocol

from attrs import field, frozen

from walkeros_klaviyo.delivery.messages import Answer, Answered, Ask, Post
from walkeros_klaviyo.shell.store import Body, Damaged

from .request import as_refusal, request_body, without
from .workers import Workers

THREADS: Final = 32


class Connection(Protocol):
    """How Klaviyo is asked; `send.klaviyo.Klaviyo` is one."""

    def send(self, call: str, body: bytes) -> Answer:
        """Make one call."""

    def ask(self, job: str, errors: bool = False) -> Answer:
        """Ask how far an import is, or which of its rows failed."""

    def close(self) -> None:
        """Let go of what is kept open."""


@frozen
class Posting:
    """Requests under way, each in a thread; whatever becomes of it, an answer comes in."""

    klaviyo: Connection
    inbox: SimpleQueue[Any]
    workers: Workers = field(factory=lambda: Workers(THREADS), init=False)

    def post(self, post: Post, rows: Sequence[Body | Damaged]) -> None:
        """Send the calls of a request."""
        bodies = [one.text for one in rows if isinstance(one, Body)]
        if len(bodies) < len(rows):  # damaged since it was taken: never sent
            damaged = [place for place, one in enumerate(rows) if not isinstance(one, Body)]
            self.inbox.put(Answered(post.request, as_refusal(post.call, damaged)))
            return
        if post.leave_out:
            left = without(bodies[0], post.leave_out)
            if left is None:
                self.inbox.put(Answered(post.request, Answer(None, fault="unsent")))
                return
            bodies = [left]
        self.workers.submit(
            self._answer,
            post.request,
            lambda: self.klaviyo.send(post.call, request_body(post.call, bodies)),
        )

    def ask(self, ask: Ask) -> None:
        """Ask about an import."""
        self.workers.submit(
            self._answer, ask.request, lambda: self.klaviyo.ask(ask.job, ask.errors)
        )

    def _answer(self, request: int, act: Callable[[], Answer]) -> None:
        try:
            answer = act()
        except Exception as error:  # a fault of ours must not lose the request
            answer = Answer(None, fault="crash", body=type(error).__name__.encode())
        self.inbox.put(Answered(request, answer))

    def close(self) -> None:
        """Start nothing more; what is under way is left behind."""
        self.workers.close()
        self.klaviyo.close()
