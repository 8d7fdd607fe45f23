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

from importlib import import_module
from typing import TYPE_CHECKING

from walkeros_klaviyo.core.config import Config, parse_config
from walkeros_klaviyo.core.diagnostics import CODES, Diagnostic
from walkeros_klaviyo.core.faults import ConfigError, Fault
from walkeros_klaviyo.core.klaviyo.backfill import resolve_backfill
from walkeros_klaviyo.core.klaviyo.calls import Call, Mapped, create_event, upsert_profile
from walkeros_klaviyo.core.klaviyo.currencies import parse_currency
from walkeros_klaviyo.core.klaviyo.identifier import parse_email, parse_identifier
from walkeros_klaviyo.core.klaviyo.identity import Identity, resolve_identity
from walkeros_klaviyo.core.klaviyo.items import record_lines
from walkeros_klaviyo.core.klaviyo.lists import put_on_lists
from walkeros_klaviyo.core.klaviyo.phone import parse_phone
from walkeros_klaviyo.core.klaviyo.profile import describe_profile
from walkeros_klaviyo.core.klaviyo.revenue import Revenue, parse_amount, resolve_revenue
from walkeros_klaviyo.core.klaviyo.settings import Settings
from walkeros_klaviyo.core.klaviyo.state import ProfileState
from walkeros_klaviyo.core.klaviyo.subscribe import change_subscriptions
from walkeros_klaviyo.core.klaviyo.unique_id import resolve_unique_id
from walkeros_klaviyo.core.pipeline import Transform, enter, pipeline
from walkeros_klaviyo.core.plan import Outcome, Plan
from walkeros_klaviyo.core.scan import remembered, scan
from walkeros_klaviyo.core.settle import settle
from walkeros_klaviyo.core.stages import STAGES, Stages
from walkeros_klaviyo.core.walkeros.consent import grant_consent, only_granted
from walkeros_klaviyo.core.walkeros.event import Event, EventError, parse_event
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.policy import apply_policy
from walkeros_klaviyo.core.walkeros.properties import read_base, select_properties
from walkeros_klaviyo.core.walkeros.rule import Rule, match_rule, rename_event
from walkeros_klaviyo.core.walkeros.value import MappingValue, mapping_value

if TYPE_CHECKING:
    from walkeros_klaviyo.core.compose import after, before, route
    from walkeros_klaviyo.core.explain import explain
    from walkeros_klaviyo.core.explanation import Explanation
    from walkeros_klaviyo.core.walkeros.row import event_from_row
    from walkeros_klaviyo.shell.config import read_config

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
    "change_subscriptions",
    "create_event",
    "describe_profile",
    "enter",
    "event_from_row",
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
    "put_on_lists",
    "read_base",
    "read_config",
    "record_lines",
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


_LATE = {
    "Explanation": "walkeros_klaviyo.core.explanation",
    "after": "walkeros_klaviyo.core.compose",
    "before": "walkeros_klaviyo.core.compose",
    "explain": "walkeros_klaviyo.core.explain",
    "route": "walkeros_klaviyo.core.compose",
    "event_from_row": "walkeros_klaviyo.core.walkeros.row",
    "read_config": "walkeros_klaviyo.shell.config",
}
"""Names that few users need, imported at first use so that importing the core stays cheap."""


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)
