"""A stand-in for Klaviyo's HTTP API: what would Klaviyo make of what we send?

It judges with checks written from Klaviyo's endpoint descriptions, never with ours: a mistake
that both sides shared would agree with itself. Start reading at `answer.py`.

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
