"""Which currency codes are valid, how many decimals does each have, and how is an amount shown?

To find out which currency an amount is in, see `currency`.

Source: ISO 4217, as Klaviyo requires of `value_currency`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics
from walkeros_klaviyo.core.walkeros.event import kind_of

from .blank import trimmed

if TYPE_CHECKING:
    from decimal import Decimal

CURRENCIES: Final = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP
    BYN BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP
    GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS
    KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR
    MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF
    SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD
    TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()
)
"""ISO 4217 codes of money, as of 2026; ANG and BGN, just withdrawn, stay while late orders in
them may still arrive."""

DECIMALS: Final = MappingProxyType(
    {
        **dict.fromkeys(
            "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0
        ),
        **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
        "CLF": 4,
    }
)
"""Decimals of the currencies that do not have two (ISO 4217, minor unit)."""


def decimals_of(currency: str) -> int:
    """The number of decimals of a currency.

    >>> decimals_of("EUR"), decimals_of("JPY")
    (2, 0)
    """
    return DECIMALS.get(currency, 2)


def parse_currency(raw: object) -> tuple[str | None, Diagnostics]:
    """An ISO 4217 code in upper case, or None and a diagnostic.

    >>> parse_currency("eur")[0], parse_currency("EURO")[0]
    ('EUR', None)

    Diagnostics: currency.unknown.
    """
    text = trimmed(raw) if isinstance(raw, str) and len(raw) < 20 else ""
    code = text.upper() if text.isascii() else None
    if code in CURRENCIES:
        return code, ()
    what = "not an ISO 4217 code" if isinstance(raw, str) else f"{kind_of(raw)}, not a code"
    return None, (Diagnostic("currency.unknown", "", f"is {what} such as EUR"),)


def shown_amount(amount: Decimal, currency: str) -> str:
    """An amount for display: with its currency's decimals, or more where the amount has more.

    >>> from decimal import Decimal
    >>> [shown_amount(Decimal("89900.0"), one) for one in ("JPY", "EUR", "KWD", "")]
    ['89,900 JPY', '89,900.00 EUR', '89,900.000 KWD', '89,900.00 no currency']
    >>> shown_amount(Decimal("0.125"), "EUR"), shown_amount(Decimal("1e300"), "EUR")
    ('0.125 EUR', '1.000e+300 EUR')
    """
    name = currency or "no currency"
    if abs(amount) >= 10**15:
        return f"{amount:.3e} {name}"
    finer = -int(amount.normalize().as_tuple().exponent)
    return f"{amount:,.{min(max(decimals_of(currency), finer), 12)}f} {name}"
