"""Where is the sender for a program that keeps running? Here, by its public name."""

from walkeros_klaviyo.shell.send.destination import (
    Destination,
    DestinationClosedError,
    DestinationFullError,
)

__all__ = ["Destination", "DestinationClosedError", "DestinationFullError"]
