"""Which API key is used?"""

from __future__ import annotations

import os

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.shell.problem import UsageError

VARIABLE = "KLAVIYO_API_KEY"
TRIAL_KEY = "pk_sandbox"


def key_if_known(config: Config) -> str | None:
    """The key that a run would use; None if there is none."""
    return config.settings.api_key or os.environ.get(VARIABLE, "").strip() or None


def api_key_of(config: Config, sandbox: bool = False, hint: str = "") -> str:
    """The configuration's key, else the environment's; a trial has a key of its own.

    Raises UsageError, whose message never contains a key.
    """
    if sandbox:
        return TRIAL_KEY
    key = config.settings.api_key or os.environ.get(VARIABLE, "").strip()
    if not key:
        raise UsageError(
            f"no API key: set {VARIABLE} or settings.apiKey to a private key (pk_…){hint}"
        )
    if not key.startswith("pk_") or not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError(f"{VARIABLE} holds no private API key; those start with pk_")
    return key
