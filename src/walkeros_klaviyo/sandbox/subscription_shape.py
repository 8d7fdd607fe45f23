"""Which subscriptions can be asked for?

Source: SubscriptionCreateJobCreateQuery of Bulk Subscribe Profiles: at most 1,000 profiles, the
only consent is SUBSCRIBED, `consented_at` belongs to a historical import and is needed there;
an email subscription needs the email, a text message the phone number, unless the profile's id
leads to them.
"""

from __future__ import annotations

from typing import Any

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS

from . import scalar
from .issue import Issue
from .profile_shape import OBJECT, TEXT
from .shape import FINE, Issues, Judge, also, data, fields, leaf, many, reference, resource

_MOST = ENDPOINTS["profiles.bulk_subscribe_profiles"].items
_SUBSCRIBED = leaf(scalar.one_of("SUBSCRIBED"))
_CONSENT = fields({"consent": _SUBSCRIBED}, {"consented_at": leaf(scalar.date_time)})

_TOKEN = fields(
    {
        "token": TEXT,
        "platform": leaf(scalar.one_of("android", "ios")),
        "vendor": leaf(scalar.one_of("apns", "fcm")),
    },
    {"enablement_status": TEXT, "background": TEXT, "device_metadata": OBJECT},
)
_TEXTING = fields({}, {"marketing": _CONSENT, "transactional": _CONSENT})
_CHANNELS = fields(
    {},
    {
        "email": fields(
            {}, {"marketing": _CONSENT, "open_tracking": fields({"consent": _SUBSCRIBED})}
        ),
        "sms": _TEXTING,
        "whatsapp": _TEXTING,
        "push": fields({"marketing": _CONSENT}, {"tokens": many(_TOKEN), "anonymous_id": TEXT}),
    },
)


def _reachable(value: Any, at: str) -> Issues:
    """Each channel has the address that it needs."""
    attributes = value["attributes"]
    channels = {name: asked for name, asked in attributes["subscriptions"].items() if asked}
    if not channels:
        return (Issue("must name a channel.", f"{at}/attributes/subscriptions", "required"),)
    if value.get("id"):
        return FINE
    found = []
    if "email" in channels and not attributes.get("email"):
        found.append(Issue("is required.", f"{at}/attributes/email", "required"))
    if ("sms" in channels or "whatsapp" in channels) and not attributes.get("phone_number"):
        found.append(Issue("is required.", f"{at}/attributes/phone_number", "required"))
    if not (
        attributes.get("email")
        or attributes.get("phone_number")
        or channels.get("push", {}).get("anonymous_id")
    ):
        found.append(Issue("Email or phone number is required.", f"{at}/attributes", "required"))
    return found


def _consented(value: Any, at: str) -> Issues:
    """`consented_at` is there in a historical import, and only there."""
    historical = value.get("historical_import") is True
    found = []
    for index, profile in enumerate(value["profiles"]["data"]):
        for channel, asked in profile["attributes"]["subscriptions"].items():
            for purpose, consent in (asked or {}).items():
                if purpose not in ("marketing", "transactional") or consent is None:
                    continue
                if (consent.get("consented_at") is not None) != historical:
                    here = f"{at}/profiles/data/{index}/attributes/subscriptions/{channel}"
                    found.append(
                        Issue(
                            "is required in a historical import."
                            if historical
                            else "is only for a historical import (historical_import: true).",
                            f"{here}/{purpose}/consented_at",
                        )
                    )
    return found


_PROFILE: Judge = also(
    resource(
        "profile",
        fields(
            {"subscriptions": _CHANNELS},
            {
                "email": leaf(scalar.email),
                "phone_number": leaf(scalar.phone_number),
                "age_gated_date_of_birth": leaf(scalar.full_date),
            },
        ),
        {"id": TEXT},
    ),
    _reachable,
)

SUBSCRIPTIONS: Judge = data(
    resource(
        "profile-subscription-bulk-create-job",
        also(
            fields(
                {"profiles": data(many(_PROFILE, _MOST, 1))},
                {"custom_source": TEXT, "historical_import": leaf(scalar.boolean)},
            ),
            _consented,
        ),
        {"relationships": fields({}, {"list": data(reference("list"))})},
    )
)
