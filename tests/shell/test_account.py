"""Which key opens the account?"""

from __future__ import annotations

import pytest

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.shell.problem import UsageError
from walkeros_klaviyo.shell.send.account import TRIAL_KEY, VARIABLE, api_key_of

WITHOUT = parse_config({})
WITH = parse_config({"settings": {"apiKey": "pk_of_the_file"}})


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own key is none of these tests' business."""
    monkeypatch.delenv(VARIABLE, raising=False)


def test_the_file_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who writes a key there means it."""
    monkeypatch.setenv(VARIABLE, "pk_of_the_environment")
    assert api_key_of(WITH) == "pk_of_the_file"
    assert api_key_of(WITHOUT) == "pk_of_the_environment"


def test_blanks_around_the_key_are_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets in files end with a line end."""
    monkeypatch.setenv(VARIABLE, " pk_x\n")
    assert api_key_of(WITHOUT) == "pk_x"


def test_without_a_key_both_places_are_named() -> None:
    """And the way to try without one."""
    with pytest.raises(UsageError, match=r"KLAVIYO_API_KEY.*apiKey.*--sandbox"):
        api_key_of(WITHOUT, hint=", or --sandbox")


@pytest.mark.parametrize(
    "key",
    ["sk_secretive", "secretive", "pk_secret ive", "pk_sécretive", "pk_secretive\x07", "PK_x"],
)
def test_what_is_no_private_key_is_refused_and_never_shown(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be another secret, pasted into the wrong place."""
    monkeypatch.setenv(VARIABLE, key)
    with pytest.raises(UsageError) as caught:
        api_key_of(WITHOUT)
    assert VARIABLE in str(caught.value)
    assert "ive" not in str(caught.value).replace("private", "") and key not in str(caught.value)


def test_a_trial_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """And never uses the real one, or one that is none."""
    monkeypatch.setenv(VARIABLE, "odd")
    assert api_key_of(WITHOUT, sandbox=True) == TRIAL_KEY
    assert api_key_of(WITH, sandbox=True) == TRIAL_KEY
