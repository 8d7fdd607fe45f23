"""Do the tables that must know of each other agree?"""

from __future__ import annotations

from walkeros_klaviyo.core.codes import CODES
from walkeros_klaviyo.core.klaviyo.calls import SENDABLE
from walkeros_klaviyo.core.klaviyo.identifier import FIELDS, IDENTIFIERS
from walkeros_klaviyo.core.klaviyo.limits import BULK_SCOPES, ENDPOINTS, SCOPES
from walkeros_klaviyo.core.klaviyo.settings import IDENTIFIERS as SETTINGS
from walkeros_klaviyo.core.known_keys import VALUE
from walkeros_klaviyo.core.schema import config_schema
from walkeros_klaviyo.core.walkeros.value import parse
from walkeros_klaviyo.delivery.rows import identifier_at
from walkeros_klaviyo.sandbox.people import STRENGTH as SANDBOX
from walkeros_klaviyo.sandbox.routes import ROUTES
from walkeros_klaviyo.shell.send.klaviyo import _MODELS, Klaviyo
from walkeros_klaviyo.shell.store.forget import known_by
from walkeros_klaviyo.shell.store.people import _LETTERS


def test_an_identifier_is_known_wherever_it_must_be() -> None:
    """A setting, a code, and a letter in the store; else it is kept by nothing, or never found."""
    assert set(IDENTIFIERS) == set(SETTINGS)
    assert {one.code for one in IDENTIFIERS.values()} <= set(CODES)
    assert tuple(_LETTERS) == FIELDS
    assert FIELDS == SANDBOX
    for field in FIELDS:
        assert identifier_at(f"/data/attributes/profile/data/attributes/{field}") == field


def test_whom_a_key_names_can_be_forgotten() -> None:
    """Whatever the account."""
    for field in FIELDS:
        assert known_by(f"eu/{field}:x") == {field: "x"}


def test_a_kind_of_mapping_value_is_parsed_and_described() -> None:
    """A key that is only known would be taken, and yield nothing."""
    schema = str(config_schema())
    for key in parse._PRODUCERS:
        assert key in VALUE
        assert f"'{key}'" in schema


def test_a_call_that_can_be_sent_has_limits() -> None:
    """By which it is paced; and the SDK's method, by which it goes."""
    assert set(SENDABLE) <= set(ENDPOINTS)
    assert set(SENDABLE) <= set(_MODELS) == set(Klaviyo("pk_test")._calls)


def test_scopes_are_those_of_the_descriptions() -> None:
    """The sandbox has them from there by itself."""
    theirs = {route.call: route.scopes for route in ROUTES}
    assert {call: theirs[call] for call in SCOPES} == dict(SCOPES)
    assert BULK_SCOPES == ("lists:read", "lists:write", "profiles:read")
