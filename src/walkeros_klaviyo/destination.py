"""How does a long-running program send events? With `Destination`; this is its public name."""

from walkeros_klaviyo.shell.send.destination import (
    Destination,
    DestinationClosedError,
    DestinationFullError,
)

__all__ = ["Destination", "DestinationClosedError", "DestinationFullError"]
