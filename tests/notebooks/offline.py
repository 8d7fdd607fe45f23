"""What does a notebook's kernel run first? It shuts the network.

Run inside the kernel, before any cell. An audit hook cannot be taken off again, and it sees what
Python's own sockets do; the kernel's wires to its client are not Python's, and stay.
"""

from __future__ import annotations

import sys
from typing import Any

_REACHING_OUT = ("socket.bind", "socket.connect", "socket.getaddrinfo", "socket.sendto")


class NetworkUsedError(RuntimeError):
    """A notebook reached for the network."""


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event in _REACHING_OUT:
        raise NetworkUsedError(f"a notebook needs no network, but {event} was called")


if __name__ == "__main__":
    sys.addaudithook(_refuse)
