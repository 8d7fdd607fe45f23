"""Which lists is a person added to?

This does not subscribe anybody: list membership is not consent. Klaviyo adds profiles to lists by
an import that names the list; each person is imported into a list once.
Source: Klaviyo Bulk Import Profiles.
"""

from __future__ import annotations

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics, Notes
from walkeros_klaviyo.core.walkeros.event import kind_of

from .admit import admit_profile
from .calls import IMPORT_PROFILES, NAMES_NOBODY, Call, Calls, Json, Mapped
from .settings import KlaviyoRule
from .subscribed import list_topic, topics_of
from .subscription import CHANNELS


def put_on_lists(rule: KlaviyoRule, mapped: Mapped) -> tuple[Calls, Diagnostics]:
    """The calls that add a person to lists, one per list that the rule names.

    >>> from .identity import Identity
    >>> from .rules import rule_of
    >>> mapped = Mapped({}, {}, Identity({"email": "ada@example.com"}), {}, None)
    >>> (call,), _ = put_on_lists(rule_of({"settings": {"lists": ["Y6nRLr"]}}), mapped)
    >>> call.name, call.profile, call.body["data"]["relationships"]["lists"]["data"][0]["id"]
    ('profiles.bulk_import_profiles', {'email': 'ada@example.com'}, 'Y6nRLr')

    Diagnostics: lists.none, and those of `admit_profile`.
    """
    mapping = rule.settings.lists
    if mapping is None:
        return (), ()
    notes: Notes = []
    ids: list[str] = []
    for found in mapping.resolve(mapped.event, mapped.event, notes):
        for one in found if isinstance(found, list) else [found]:
            if not isinstance(one, str) or not one.strip():
                message = f"resolved to {kind_of(one)}, which is not a list id"
                notes.append(Diagnostic("lists.none", mapping.where, message))
            elif one not in ids:
                ids.append(one)
    named = {
        name: one for name, one in mapped.identity.identifiers.items() if name != "anonymous_id"
    }
    if not ids or not named:
        return (), (*notes, *(NAMES_NOBODY if ids else ()))
    calls = tuple(_call(named, one, mapped.identity.keys) for one in ids)
    return calls, (*notes, *(note for call in calls for note in call.refusal))


def _call(named: Json, list_id: str, keys: tuple[str, ...]) -> Call:
    """One list per call: if a list was deleted, the others still get the person."""
    body = {
        "data": {
            "type": "profile-bulk-import-job",
            "attributes": {"profiles": {"data": [{"type": "profile", "attributes": named}]}},
            "relationships": {"lists": {"data": [{"type": "list", "id": list_id}]}},
        }
    }
    topics = (list_topic(keys[0], list_id),)
    addresses = [key for key in keys if key.startswith(tuple(CHANNELS.values()))]
    left = tuple(topics_of(key, list_id)[0] for key in addresses)  # doubts
    return Call(IMPORT_PROFILES, body, admit_profile(body), "LISTED", topics, left)
