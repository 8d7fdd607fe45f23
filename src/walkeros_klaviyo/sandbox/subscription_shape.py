"""What is a valid request to subscribe or unsubscribe?

Source: SubscriptionCreateJobCreateQuery of Bulk Subscribe Profiles: at most 1,000 profiles, the
only consent is SUBSCRIBED, `consented_at` belongs to a historical import and is needed there;
an email subscription needs the email, a text message the phone number, unless the profile's id
leads to them. SubscriptionDeleteJobCreateQuery of Bulk Unsubscribe Profiles: at most 100 profiles,
the only consent is UNSUBSCRIBED, and there is neither id nor source nor date.
"""

from __future__ import annotations

from typing import Any

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS

from . import scalar
from .issue import Issue
from .profile_shape import OBJECT, TEXT
from .shape import FINE, Issues, Judge, also, data, fields, leaf, many, reference, resource

_PROFILES = "/data/attributes/profiles/data"
_PURPOSES = ("marketing", "transactional")
"""Purposes whose consent has a date."""
_SUBSCRIBED = leaf(scalar.one_of("SUBSCRIBED"))
_CONSENT = fields({"consent": _SUBSCRIBED}, {"consented_at": leaf(scalar.date_time)})
_TRACKING = fields({"consent": _SUBSCRIBED})
_WITHDRAWN = fields({"consent": leaf(scalar.one_of("UNSUBSCRIBED"))})

_TOKENS = many(
    fields(
        {
            "token": TEXT,
            "platform": leaf(scalar.one_of("android", "ios")),
            "vendor": leaf(scalar.one_of("apns", "fcm")),
        },
        {"enablement_status": TEXT, "background": TEXT, "device_metadata": OBJECT},
    )
)
_TEXTING = fields({}, {"marketing": _CONSENT, "transactional": _CONSENT})
_CHANNELS = fields(
    {},
    {
        "email": fields(
            {}, {"marketing": _CONSENT, "open_tracking": _TRACKING, "click_tracking": _TRACKING}
        ),
        "sms": _TEXTING,
        "whatsapp": _TEXTING,
        "push": fields({"marketing": _CONSENT}, {"tokens": _TOKENS, "anonymous_id": TEXT}),
    },
)
_NO_CHANNELS = fields(
    {},
    {
        "email": fields(
            {}, dict.fromkeys(("marketing", "open_tracking", "click_tracking"), _WITHDRAWN)
        ),
        "sms": fields({}, dict.fromkeys(("marketing", "transactional"), _WITHDRAWN)),
        "whatsapp": fields(
            {}, dict.fromkeys(("marketing", "transactional", "conversational"), _WITHDRAWN)
        ),
        "push": fields({"marketing": _WITHDRAWN, "tokens": _TOKENS}),
    },
)


def _reachable(value: Any, at: str) -> Issues:
    """Each channel must have the address that it needs."""
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
    return found


def _known(value: Any, at: str) -> Issues:
    """A subscriber needs an identifier; to unsubscribe, a push token alone will do."""
    attributes = value["attributes"]
    push = attributes["subscriptions"].get("push") or {}
    if (
        value.get("id")
        or attributes.get("email")
        or attributes.get("phone_number")
        or push.get("anonymous_id")
    ):
        return FINE
    return (Issue("Email or phone number is required.", f"{at}/attributes", "required"),)


def consented(body: Any, now: float) -> Issues:
    """`consented_at` is required in a historical import and only allowed there; it must be past."""
    historical = body["data"]["attributes"].get("historical_import") is True
    found = []
    for index, profile in enumerate(body["data"]["attributes"]["profiles"]["data"]):
        for channel, asked in profile["attributes"]["subscriptions"].items():
            for purpose in _PURPOSES:
                consent = (asked or {}).get(purpose)
                wrong = consent and _misdated(consent.get("consented_at"), historical, now)
                if wrong:
                    at = f"{_PROFILES}/{index}/attributes/subscriptions/{channel}/{purpose}"
                    found.append(Issue(wrong, f"{at}/consented_at"))
    return found


def _misdated(given: str | None, historical: bool, now: float) -> str | None:
    if not historical:
        wrong = "is only for a historical import (historical_import: true)."
        return None if given is None else wrong
    if given is None:
        return "is required in a historical import."
    return None if (scalar.instant(given) or 0.0) < now else "must be in the past."


def _job(name: str, profile: Judge, nullable: dict[str, Judge]) -> Judge:
    most = ENDPOINTS[f"profiles.{name}"].items
    verb = {"bulk_subscribe_profiles": "create", "bulk_unsubscribe_profiles": "delete"}[name]
    return data(
        resource(
            f"profile-subscription-bulk-{verb}-job",
            fields({"profiles": data(many(profile, most, 1))}, nullable),
            {"relationships": fields({}, {"list": data(reference("list"))})},
        )
    )


_ADDRESSES: dict[str, Judge] = {
    "email": leaf(scalar.email),
    "phone_number": leaf(scalar.phone_number),
}
_SUBSCRIBER = resource(
    "profile",
    fields(
        {"subscriptions": _CHANNELS},
        {**_ADDRESSES, "age_gated_date_of_birth": leaf(scalar.full_date)},
    ),
    {"id": TEXT},
)
_LEAVER = resource("profile", fields({"subscriptions": _NO_CHANNELS}, _ADDRESSES))

SUBSCRIPTIONS: Judge = _job(
    "bulk_subscribe_profiles",
    also(also(_SUBSCRIBER, _reachable), _known),
    {"custom_source": TEXT, "historical_import": leaf(scalar.boolean)},
)
UNSUBSCRIPTIONS: Judge = _job("bulk_unsubscribe_profiles", also(_LEAVER, _reachable), {})
