"""Does a configuration send personal data as event properties?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.guess import name_of
from walkeros_klaviyo.verify.questions.meaning import BY_NAME, words_of_path
from walkeros_klaviyo.verify.reads import reads_of, recording

from .telling import is_hashed_contact, secret_name

PERSONAL: Final = ("email", "phone number", "last name")
WHOLE_NAMES: Final = ("user.name", "user.fullName", "user.full_name")
ADDRESSES: Final = ("BillingAddress", "ShippingAddress")
"""Properties of Klaviyo's own order metrics that hold an address."""


def lint_privacy(config: Config) -> Iterator[Finding]:
    """Findings about each rule that records events."""
    for rule in recording(config):
        yield from _personal(rule, config.default)
    for where, read in {
        read.where: read
        for rule in (config.default, *config.rules)
        for value in (rule.base, rule.data, rule.settings.identify)
        for read in (() if rule.ignore else reads_of(value))
    }.items():
        what = secret_name(words_of_path(read.path))
        if what is not None:
            yield Finding("privacy.secret", where, f'"{read.path}" is {what}')


def _personal(rule: KlaviyoRule, default: KlaviyoRule) -> Iterator[Finding]:
    """The visitor's address or phone number among the properties."""
    removed = {path_text(path) for path in rule.remove}
    names_person = {
        read.path
        for value in (rule.settings.email, rule.settings.phone_number)
        for read in reads_of(value)
    }
    for value in (rule.base, rule.data):
        for read in reads_of(value):
            name = read.where.removeprefix(f"{value.where if value else ''}.map.").partition(".")[0]
            in_address = any(f".{one}." in f"{read.where}." for one in ADDRESSES)
            if in_address or read.within or name.partition("[")[0] in removed:
                continue
            section, _, key = read.path.rpartition(".")  # user.optin.email may be anything
            own = section == "user" and BY_NAME.get(name_of(key)) in PERSONAL
            own |= read.path in (*WHOLE_NAMES, "user.ip")
            own |= is_hashed_contact(words_of_path(read.path))
            if read.path == "user" or own or read.path in names_person:
                what = "everything of the user" if read.path == "user" else f'"{read.path}"'
                message = f"{what} is sent as a property of the event"
                yield Finding("privacy.property", read.where, message)
    is_own = rule is default or rule.include != default.include
    users = {path.replace(".", "_", 1) for path in names_person if path.startswith("user.")}
    for section in ("user", "all") if is_own else ():
        if section in rule.include and not (users and users <= removed):
            where = f"{rule.where}.include" if rule.where else "include"
            message = f'"{section}" copies everything of the user into the event\'s properties'
            remedy = f'Leave "{section}" out and map the fields that are wanted.'
            yield Finding("privacy.property", where, message, remedy)


def path_text(path: Any) -> str:
    """A compiled path as written."""
    return ".".join(str(part) for part in path)
