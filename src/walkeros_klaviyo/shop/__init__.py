"""Which data can I try this with, without a shop of my own?

Firnlicht sells tents and boots in four languages and four currencies. This is its 30 October 2026
(UTC), one walkerOS event per line: Matsumoto wakes first, then Kiel, Grenoble and Leeds, and at the
end Taos and Boulder. Most visitors consent to marketing, some to less, a few to nothing. Many are
never known by more than their device. Some log in twice, some buy as guests with a mail address
or only a telephone; Lena gets money back for a headlamp that was out of stock, Zoë cancels a rope.

>>> import json
>>> from collections import Counter
>>> day = [json.loads(line) for line in EVENTS.read_text("utf-8").splitlines()]
>>> len(day)
498
>>> Counter(event["name"] for event in day).most_common()
[('product view', 182), ('page view', 130), ('product add', 70), ('checkout start', 32),
 ('order complete', 30), ('debug noise', 22), ('user login', 20), ('newsletter signup', 10),
 ('order refund', 1), ('order cancel', 1)]

And there is the usual dirt, planted, by line:

    57, 58      the same event twice
    119         a national phone number: 0151 23456789
    162         a total as text, but a clean one: 89.90
    184         an order without an id
    222         a null inside an order's line, which loses that only
    251         a bad email: ada@@example
    314         a total with a comma: 1,299.00
    390         an unknown currency: EURO
    493         no timestamp, so no event at all

Less dirt than life: emoji and quotes in a product's name (`Sunrise 🌄 "Summit" Mug`), consent that
is `{}`, false or for something else, letters of every script.

`CONFIG` is the configuration for it; read it first, it explains itself. Everybody here is
invented. `tests/shop/generate_shop.py` writes the day.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

EVENTS: Final = files(__name__) / "events.jsonl"
"""The day's events, one JSON object per line; a traversable, so `EVENTS.open("rb")` reads it."""

CONFIG: Final = files(__name__) / "shop.toml"
"""The shop's configuration."""

__all__ = ["CONFIG", "EVENTS"]
