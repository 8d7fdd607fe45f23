"""How is a phone number written for Klaviyo?

Source: Klaviyo profile identifiers (`phone_number` in E.164); libphonenumber's possible numbers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from walkeros_klaviyo.core.diagnostics import Diagnostics
from walkeros_klaviyo.core.walkeros.event import kind_of

from .blank import trimmed
from .identifier import Judged, parsed
from .number import read_number

MIN_PHONE_DIGITS: Final = 7
"""The shortest numbers in use, country code included (Niue, Saint Helena); anything shorter is an
extension or a placeholder, though some countries' numbering plans call it possible."""

MAX_PHONE_DIGITS: Final = 15
"""E.164's own limit."""


def parse_phone(raw: object, region: str | None = None) -> tuple[str | None, Diagnostics]:
    """A possible number in E.164, or None and a diagnostic; `region` (DE) is for national numbers.

    >>> parse_phone("0151 23456789", "DE")
    ('+4915123456789', ())
    >>> print(parse_phone("0151 23456789")[1][0])
    has no country code, and no phoneRegion is set
    """
    return parsed("phone.invalid", *read_phone(raw, region))


def read_phone(raw: object, region: str | None = None) -> Judged:
    """A possible number in E.164, or None and the reason; `region` is for national numbers.

    "Possible" suffices: requiring "valid" would refuse test numbers such as +15551234567.

    >>> read_phone("0151 23456789", "DE")
    ('+4915123456789', '')
    >>> read_phone("0151 23456789")
    (None, 'has no country code, and no phoneRegion is set')
    """
    whole = isinstance(raw, int | float) and not isinstance(raw, bool) and raw == raw // 1
    if isinstance(raw, int | float) and whole and 0 < raw < 10**15:
        raw = read_number(float(raw))
    if not isinstance(raw, str):
        return None, f"is {kind_of(raw)}, not a string"
    if region is not None and not is_phone_region(region.upper()):
        return None, "cannot be read: phoneRegion is not a country code such as DE"
    code = None if region is None else region.upper()
    return _phone(raw, code) if len(raw) <= 100 else (None, "is not a phone number")


@lru_cache(maxsize=4096)
def _phone(raw: str, region: str | None) -> tuple[str | None, str]:
    import phonenumbers  # takes 20 ms, so only if needed

    text = re.sub(r"(?<=\d)\.0$", "", trimmed(raw))  # a numeric column written as text
    if "*" in text or re.search(r"[xX•#]{2}", text):
        return None, "is masked"
    most = 9 if text.startswith("+") else 7  # digits of country and area
    begun = r"\+\d+\D+\d{2,}\D+(?!0\))\d{3,}\s*/"  # of a number, after country and area
    if (
        re.match(rf"(?:\D*\d){{{most},}}\D*/", text)
        or re.search(r"\d\D*/\s*0\d", text)
        or re.match(begun, text)
    ):
        return None, "may be two numbers"
    if re.fullmatch(r"\d+(?:[.,]\d+)?[eE]\+?\d+", text):
        return None, "is in scientific notation, and has lost its digits"
    # A letter inside is a typo; without it the number would be somebody else's.
    if any(map(str.isalpha, re.sub(r"(?i)ext(?:ensio)?\.?n?|tel:?|x", "", text))):
        return None, "is not a phone number"
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            if region is None and not text.startswith("+"):
                return None, "has no country code, and no phoneRegion is set"
            return None, "has an unknown country code"
        return None, "is not a phone number"
    if number.extension:
        return None, "has an extension"
    number = _international(text, region) or number
    national = str(number.national_number)
    if number.country_code == 52 and len(national) == 11 and national[0] == "1":
        number.national_number = int(national[1:])  # messengers still write Mexico's obsolete 1
    if len(set(national)) == 1:
        return None, "is one digit again and again"
    found: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    length = phonenumbers.is_possible_number_with_reason(number)
    if length == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return None, "lacks its area code"
    fits = MIN_PHONE_DIGITS < len(found) <= MAX_PHONE_DIGITS + 1
    if not fits or length != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None, "has an impossible length for its country"
    return found, ""


def _international(text: str, region: str | None) -> Any:
    """A valid number that begins with its region's country code but lacks the plus."""
    import phonenumbers

    if region is None or text.startswith(("+", "0")):
        return None
    digits = re.sub(r"\D", "", text)
    if not digits.startswith(str(phonenumbers.country_code_for_region(region))):
        return None
    try:
        number = phonenumbers.parse(f"+{digits}", region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def is_phone_region(code: str) -> bool:
    """Is it an ISO country code with phone numbers?

    >>> is_phone_region("DE"), is_phone_region("XX")
    (True, False)
    """
    import phonenumbers

    return code in phonenumbers.SUPPORTED_REGIONS
