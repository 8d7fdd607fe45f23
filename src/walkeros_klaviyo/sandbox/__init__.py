"""A stand-in for Klaviyo's HTTP API: how would Klaviyo react to what we send?

Its checks are written from Klaviyo's endpoint descriptions and share none with our own: a mistake
on both sides would go unnoticed. Start reading at `answer.py`.

    from walkeros_klaviyo.sandbox import Sandbox
    from walkeros_klaviyo.sandbox.serve import running

    with running(Sandbox()) as url:
        ...
"""

from .answer import Sandbox
from .fault_spec import parse_faults
from .faults import Faults
from .journal import JournalError
from .messages import Reply, Request

__all__ = ["Faults", "JournalError", "Reply", "Request", "Sandbox", "parse_faults"]
