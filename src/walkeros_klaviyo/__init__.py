"""walkerOS events become Klaviyo calls: a pure core in a thin shell.

>>> from walkeros_klaviyo import parse_config, pipeline
>>> transform = pipeline(parse_config({"mapping": {"order": {"complete": {
...     "name": "Placed Order", "settings": {"value": "data.total"}}}}}))
>>> plan, changes = transform({"name": "order complete", "timestamp": 1795518160712, "id": "e1",
...                            "data": {"total": "1299.00"},
...                            "user": {"email": "ada@example.com"}})
>>> plan.outcome, plan.calls[0].metric, plan.calls[0].value
('send', 'Placed Order', 1299.0)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .core.compose import after, before, route
from .core.config import Config, parse_config
from .core.diagnostics import CODES, Diagnostic
from .core.explain import Explanation, explain
from .core.faults import ConfigError, Fault
from .core.klaviyo.backfill import resolve_backfill
from .core.klaviyo.calls import Call, Mapped, create_event, upsert_profile
from .core.klaviyo.currency import parse_currency
from .core.klaviyo.identifier import parse_email, parse_identifier
from .core.klaviyo.identity import Identity, resolve_identity
from .core.klaviyo.phone import parse_phone
from .core.klaviyo.profile import describe_profile
from .core.klaviyo.revenue import Revenue, parse_amount, resolve_revenue
from .core.klaviyo.settings import Settings
from .core.klaviyo.state import ProfileState
from .core.klaviyo.unique_id import resolve_unique_id
from .core.pipeline import STAGES, Stages, Transform, enter, pipeline
from .core.plan import Outcome, Plan
from .core.scan import remembered, scan
from .core.settle import settle
from .core.walkeros.consent import grant_consent, only_granted
from .core.walkeros.event import Event, EventError, parse_event
from .core.walkeros.path import ABSENT
from .core.walkeros.policy import apply_policy
from .core.walkeros.properties import read_base, select_properties
from .core.walkeros.rule import Rule, match_rule, rename_event
from .core.walkeros.value import MappingValue, mapping_value

if TYPE_CHECKING:
    from .shell.files import read_config

__version__ = "0.1.0"

__all__ = [
    "ABSENT",
    "CODES",
    "STAGES",
    "Call",
    "Config",
    "ConfigError",
    "Diagnostic",
    "Event",
    "EventError",
    "Explanation",
    "Fault",
    "Identity",
    "Mapped",
    "MappingValue",
    "Outcome",
    "Plan",
    "ProfileState",
    "Revenue",
    "Rule",
    "Settings",
    "Stages",
    "Transform",
    "after",
    "apply_policy",
    "before",
    "create_event",
    "describe_profile",
    "enter",
    "explain",
    "grant_consent",
    "mapping_value",
    "match_rule",
    "only_granted",
    "parse_amount",
    "parse_config",
    "parse_currency",
    "parse_email",
    "parse_event",
    "parse_identifier",
    "parse_phone",
    "pipeline",
    "read_base",
    "read_config",
    "remembered",
    "rename_event",
    "resolve_backfill",
    "resolve_identity",
    "resolve_revenue",
    "resolve_unique_id",
    "route",
    "scan",
    "select_properties",
    "settle",
    "upsert_profile",
]


def __getattr__(name: str) -> object:
    """What reads files is imported once it is asked for: an import of the core stays cheap."""
    if name == "read_config":
        from .shell.files import read_config

        return read_config
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
