"""What if a run is killed, again and again, at any moment?

    python -m tests.end_to_end.kills --kills 1000 --seed 1 --mode single

A sandbox that misbehaves lives on in a process of its own; `run` is killed with SIGKILL, looked
at, and started again with the same words. What must come of it is known from how the events were
made (`Ledger`), never from our own pipeline. Every person belongs to one file of events, so the
order of their events is known although the lives take the files in turns and the files grow.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.request import ProxyHandler, build_opener

from attrs import Factory, define, field, frozen
from tests.end_to_end.command import (
    NOW,
    apart,
    fetch,
    sandbox_apart,
    shop_event,
    started,
    write_config,
)

from walkeros_klaviyo.shell.send.loop import TURN
from walkeros_klaviyo.shell.store import Store

FAULTS: Final = "error=0.03,reset=0.02,half=0.01,lie=0.01,page=0.02,stray=0.01,cancel=0.05"
CONFIG: Final = {
    "consent": {"marketing": True},
    "settings": {
        "anonymousId": "user.device",
        "currency": "data.currency",
        "identify": {
            "map": {"firstName": "user.name", "properties": {"map": {"tier": "user.tier"}}}
        },
    },
    "mapping": {
        "order": {
            "complete": {
                "name": "Placed Order",
                "data": {"map": {"OrderId": "data.id", "Total": "data.total"}},
                "settings": {"value": "data.total", "uniqueId": "data.id", "items": True},
            }
        },
        "newsletter": {
            "signup": {
                "name": "Signed Up",
                "consent": {"marketing": True},
                "settings": {"subscribe": {"list": "Y6nRLr", "source": "Shop"}},
            },
            "leave": {"silent": True, "settings": {"unsubscribe": True}},
        },
        "product": {"view": {"name": "Viewed Product", "data": {"map": {"Product": "data.id"}}}},
        "page": {"view": {"ignore": True}},
        "wish": {"add": {"name": "Wish", "data": {"map": {"Note": "data.note"}}}},
        "user": {"login": {"silent": True}},
    },
}
MENDED: Final = {**CONFIG, "mapping": {**CONFIG["mapping"], "wish": {"add": {"name": "Wished"}}}}
"""Under the first configuration Klaviyo refuses every wish, for what it holds."""
REFUSED: Final = "poison"
KINDS: Final = {
    "order complete": 42,
    "product view": 24,
    "cart add": 10,
    "user login": 6,
    "newsletter signup": 6,
    "newsletter leave": 4,
    "page view": 4,
    "denied": 3,
    "unidentified": 3,
    "anonymous": 3,
    "refused": 1,
    "wish add": 2,
    "invalid": 2,
    "repeat": 2,
}
METRICS: Final = {
    "order complete": "Placed Order",
    "product view": "Viewed Product",
    "newsletter signup": "Signed Up",
    "wish add": "Wished",
}
BROKEN: Final = (b"{", b"[1]", b'{"name": NaN}', b'{"name": "order complete"}', b"\xff\xfe", b'"x"')
PEOPLE: Final = 60
"""In one file."""
FILES: Final = 4
WAITING: Final = {"single": 1_600, "auto": 2_000, "bulk": 2_400}
"""Events that wait at the start of a life: more than the loop takes in one turn."""
BURST: Final = 0.1
"""Share of the lives before which a file grows by much, not by a few lines."""
EARLY: Final = 0.1
"""Share of the kills that come at any moment after the start, without waiting for a request."""
ENOUGH: Final = 2_000
"""Requests after which the sandbox is asked for them: it keeps the latest 10,000."""
LEAST_IN_FLIGHT: Final = 0.8
_OPENER: Final = build_opener(ProxyHandler({}))

Traits = tuple[str | None, int]
"""What an upsert tells of a person: email and tier."""
LONG_AGO: Final = 1_000_000_000
"""Of the events that are refused: an upsert as old as this is no news of whom more is known."""
MOST: Final = 8
"""Identifiers that may have met; of whom has more, every upsert is sent."""


@define(eq=False)
class Person:
    """One of whom the file tells; `told` is what was last to be told to Klaviyo."""

    name: str
    id: str | None
    email: str | None
    tier: int = 0
    told: Traits | None = None
    told_at: int = 0
    named: set[str | None] = Factory(set)
    """The addresses that were ever told."""

    def change(self, luck: random.Random) -> None:
        """Now and then the tier rises or the address changes."""
        if luck.random() < 0.12:
            self.tier += 1
        if self.id and self.email and luck.random() < 0.03:
            self.email = f"{self.name.lower()}-{luck.randrange(10**6)}@example.com"

    @property
    def user(self) -> dict[str, Any]:
        """As an event names them."""
        known = {"id": self.id, "email": self.email, "name": self.name, "tier": self.tier}
        return {name: value for name, value in known.items() if value is not None}


@frozen
class Meant:
    """What one recorded event must be, and what must have been told before it."""

    person: Person | None
    told: Traits | None
    currency: str | None = None
    value: Decimal | None = None


@define
class Ledger:
    """What must come of all the lines that were written: an account of its own."""

    fates: Counter[str] = Factory(Counter)
    events: dict[tuple[str, str], Meant] = Factory(dict)
    """By metric and unique_id."""
    people: list[Person] = Factory(list)
    upserts: int = 0
    saved: int = 0
    repeats: int = 0
    words: dict[str, list[str]] = Factory(lambda: defaultdict(list))
    """By address, what was to be told of its subscription, in order."""
    _said: dict[str, tuple[str, int]] = Factory(dict)

    @property
    def accepted(self) -> int:
        """Every line that is an event."""
        return self.fates.total() - self.fates["invalid"]

    @property
    def revenue(self) -> dict[str, Decimal]:
        """To the cent, by currency."""
        return sums((one.currency, one.value) for one in self.events.values())

    def tell(self, person: Person, time: int = NOW) -> bool:
        """Is there news of this person for Klaviyo? What is long past is none, but not saved."""
        traits = (person.email, person.tier)
        if len(person.named) < MOST:
            if traits == person.told:
                self.saved += 1
                return False
            if person.told and time < person.told_at:
                return False
        person.named.add(person.email)
        person.told, person.told_at = traits, time
        self.upserts += 1
        return True

    def ask(self, email: str | None, word: str, time: int) -> bool:
        """Is a subscription news? A yes only if it is later than every no; a no always."""
        if email is None:
            return False
        known, at = self._said.get(email, ("", 0))
        if known == "UNSUBSCRIBED" and word == "SUBSCRIBED" and at >= time:
            return False
        self._said[email] = (word, max(at, time))
        if known != word:
            self.words[email].append(word)
        return known != word


def sums(pairs: Any) -> dict[str, Decimal]:
    """Amounts by currency."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for currency, value in pairs:
        if value is not None:
            found[str(currency)] += value
    return dict(found)


@define(eq=False)
class Source:
    """A file that grows, and the people whose events it holds."""

    path: Path
    ledger: Ledger
    luck: random.Random
    people: list[Person] = field(init=False)
    lines: int = 0
    good: int = 0
    """Lines that are events."""
    accepted: int = 0
    """How many of them the store knows."""
    _repeatable: list[tuple[dict[str, Any], Person]] = Factory(list)

    def __attrs_post_init__(self) -> None:
        self.people = [self._person(number) for number in range(PEOPLE)]
        self.ledger.people += self.people

    def _person(self, number: int) -> Person:
        name = f"P{len(self.ledger.people) + number}"
        email = None if number % 6 == 5 else f"{name.lower()}@example.com"
        return Person(name, None if number % 6 == 4 else f"id-{name}", email)

    def grow(self, count: int) -> None:
        """So many lines more, in one piece."""
        with self.path.open("ab") as file:
            file.write(b"".join(self._line() + b"\n" for _ in range(count)))

    def _line(self) -> bytes:
        self.lines += 1
        kind = self.luck.choices(list(KINDS), list(KINDS.values()))[0]
        if self.lines == 1 or (kind == "repeat" and not self._repeatable):
            kind = "order complete"  # a file is known by its first line
        if kind == "invalid":
            self.ledger.fates["invalid"] += 1
            return self.luck.choice(BROKEN)
        self.good += 1
        return json.dumps(self._event(kind)).encode()

    def _event(self, kind: str) -> dict[str, Any]:
        ledger, luck = self.ledger, self.luck
        if kind == "repeat":
            event, person = luck.choice(self._repeatable[-50:])
            ledger.fates["delivered"] += 1
            ledger.repeats += 1 + len(event["data"].get("items", ()))
            ledger.tell(person)
            if event["name"] == "newsletter signup":
                ledger.ask(person.email, "SUBSCRIBED", event["timestamp"])
            return {**event, "user": person.user}
        number = ledger.fates.total() + 1
        person = luck.choice(self.people)
        person.change(luck)
        event = {
            "name": kind,
            "id": f"{number:016x}",
            "timestamp": NOW + number,
            "data": {"id": f"D-{number}"} | ({"note": REFUSED} if kind == "wish add" else {}),
            "user": person.user,
            "consent": {"marketing": kind != "denied"},
        }
        if kind == "user login":
            fate = "delivered" if ledger.tell(person) else "unchanged"
        elif kind == "newsletter leave":
            has_news = ledger.tell(person)
            has_left = ledger.ask(person.email, "UNSUBSCRIBED", event["timestamp"])
            fate = "delivered" if has_news or has_left else "unchanged"
        elif kind in ("denied", "unidentified"):
            fate = kind
            event |= {"name": "cart add"} | ({"user": {}} if kind == "unidentified" else {})
        elif kind == "page view":
            fate = "ignored"
        elif kind == "refused":  # its upsert is good
            fate = "dead"
            event |= {"name": "cart add", "timestamp": LONG_AGO + number}
            ledger.tell(person, LONG_AGO)
        elif kind == "anonymous":
            fate = "delivered"
            event |= {"name": "cart add", "user": {"device": f"device-{number % 50}"}}
            ledger.events["cart add", event["id"]] = Meant(None, None)
        else:
            fate = "delivered"
            self._recorded(kind, event, person)
        ledger.fates[fate] += 1
        return event

    def _recorded(self, kind: str, event: dict[str, Any], person: Person) -> None:
        """An event that Klaviyo is to record, with its person's traits told before."""
        currency = value = None
        if kind == "order complete":
            currency = self.luck.choice(("EUR", "USD", "JPY"))
            cents = self.luck.randrange(1, 200_000)
            value = Decimal(cents) if currency == "JPY" else Decimal(cents) / 100
            as_text = self.luck.random() < 0.5
            event["data"] |= {
                "currency": currency,
                "total": f"{value:.2f}" if as_text else float(value),
            }
            for line in range(self.luck.randrange(1, 4)):
                self._line_of(event, person, line, currency)
        self.ledger.tell(person)
        if kind == "newsletter signup":
            self.ledger.ask(person.email, "SUBSCRIBED", event["timestamp"])
        meant = Meant(person, person.told, currency, value)
        unique_id = event["data"]["id"] if kind == "order complete" else event["id"]
        self.ledger.events[METRICS.get(kind, kind), unique_id] = meant
        self._repeatable.append((event, person))

    def _line_of(self, event: dict[str, Any], person: Person, line: int, currency: str) -> None:
        """One more line of an order, which is an event of its own."""
        price = self.luck.randrange(1, 5_000)
        product = {"sku": f"S{line}", "price": price, "quantity": 2}
        event["data"].setdefault("items", []).append(product)
        told = (person.email, person.tier)
        name = ("Ordered Product", f"{event['data']['id']}/S{line}")
        self.ledger.events[name] = Meant(person, told, currency, Decimal(2 * price))


@define
class Arrivals:
    """What the sandbox was asked, in order; it keeps the latest requests only, so look often."""

    url: str
    seen: int = 0
    statuses: Counter[str] = Factory(Counter)
    told: dict[str, set[Traits]] = Factory(lambda: defaultdict(set))
    early: list[tuple[str, str]] = Factory(list)
    """Events that came before what they rest on."""
    words: dict[str, list[str]] = Factory(lambda: defaultdict(list))
    """By address, what Klaviyo took of its subscription, in order."""
    addresses: dict[str, str | None] = Factory(dict)
    """Everybody's, by the last request that was taken; an event names one too."""
    _first: set[tuple[str, str]] = Factory(set)

    def look(self, ledger: Ledger, tries: int = 10_000) -> None:
        """Take in what came since the last look; nothing, where too much comes just now."""
        for _ in range(tries):
            total = requests_at(self.url)
            lines = fetch(f"{self.url}/sandbox/requests.jsonl").splitlines()
            if requests_at(self.url) == total:
                break
        else:
            return
        fresh = total - self.seen
        assert fresh <= len(lines), "the sandbox has forgotten requests; look more often"
        for line in lines[len(lines) - fresh :]:
            self._take(json.loads(line), ledger)
        self.seen = total

    def _take(self, request: dict[str, Any], ledger: Ledger) -> None:
        status = request["status"]
        is_taken = status in (200, 201, 202)
        self.statuses[f"{status}" if status else "reset"] += 1
        for kind, attributes in rows(request["call"], request["body"]):
            if kind == "event":
                self._take_event(attributes, is_taken, ledger)
            elif kind == "consent":
                if is_taken:
                    said = attributes["subscriptions"]["email"]["marketing"]["consent"]
                    self.words[attributes["email"]].append(said)
            elif is_taken:
                name, email = attributes["first_name"], attributes.get("email")
                self.told[name].add((email, attributes["properties"]["tier"]))
                self.addresses[name] = email

    def _take_event(self, attributes: dict[str, Any], is_taken: bool, ledger: Ledger) -> None:
        metric = attributes["metric"]["data"]["attributes"]["name"]
        name = (metric, attributes["unique_id"])
        meant = ledger.events.get(name)
        if meant is None or meant.person is None:
            return
        if is_taken:
            email = attributes["profile"]["data"]["attributes"].get("email")
            self.addresses[meant.person.name] = email
        if name not in self._first:
            self._first.add(name)
            if meant.told not in self.told[meant.person.name]:
                self.early.append(name)


def rows(call: str, body: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every upsert and event of a request: its kind and its attributes.

    A request that was cut off by a kill has none.
    """
    attributes = body.get("data", {}).get("attributes", {}) if isinstance(body, dict) else {}
    if not attributes:
        return
    if call == "events.create_event":
        yield "event", attributes
    elif call == "profiles.create_or_update_profile":
        yield "upsert", attributes
    elif call == "profiles.bulk_import_profiles":
        for row in attributes["profiles"]["data"]:
            yield "upsert", row["attributes"]
    elif "subscribe" in call:
        for row in attributes["profiles"]["data"]:
            yield "consent", row["attributes"]
    elif call == "events.bulk_create_events":
        for group in attributes["events-bulk-create"]["data"]:
            profile = group["attributes"]["profile"]
            for row in group["attributes"]["events"]["data"]:
                yield "event", {**row["attributes"], "profile": profile}


def stats(url: str) -> dict[str, int]:
    """The sandbox's counts."""
    counts: dict[str, int] = json.loads(fetch(f"{url}/sandbox/stats"))
    return counts


def requests_at(url: str) -> int:
    """How many requests the sandbox was asked so far."""
    return stats(url)["requests"]


def recorded(url: str, what: str) -> Iterator[dict[str, Any]]:
    """What the sandbox recorded, a row at a time, its numbers exact."""
    with _OPENER.open(f"{url}/sandbox/{what}.jsonl", timeout=60) as answer:
        for line in answer:
            yield json.loads(line, parse_float=Decimal)


@frozen
class Look:
    """How a store stands."""

    counts: Counter[str]
    open_calls: int
    again: int = 0
    """What is to be planned again."""


NOTHING: Final = Look(Counter(), 0)


def look(path: Path, before: Look = NOTHING, repair: bool = False) -> Look:
    """Open the store after a kill: all must be in balance, and nothing may have gone back.

    A copy is opened, as a crash leaves it, so that the next `run` finds the real one unclosed;
    with `repair` the real one is, as by a person who looks at it between two runs.
    """
    if not path.exists():
        assert before == NOTHING, "the store is gone"
        return before
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        place = path if repair else Path(folder) / path.name
        if not repair:
            for end in ("", "-wal"):
                if (one := path.with_name(path.name + end)).exists():
                    place.with_name(path.name + end).write_bytes(one.read_bytes())
        with Store.visit(place) as store:
            counts = store.counts
            assert store.imbalance() is None, store.imbalance()
            assert store.damaged == ((), ()), store.damaged
            rest = counts.delivered + counts.pending + counts.dead + counts.not_sent.total()
            assert counts.accepted == rest and counts.pending >= 0, counts
            assert sum(one.calls for one in store.status().waiting) == store.open_calls
            names = ("accepted", "invalid", "delivered", "dead", "upserts", "dead_upserts", "saved")
            names = (*names, "subscriptions")
            found = Counter({name: getattr(counts, name) for name in (*names, "anew")}) + Counter()
            found.update(counts.not_sent)
            now = Look(found, store.open_calls, store.to_plan_anew)
    back = {name: (was, now.counts[name]) for name, was in before.counts.items()}
    back = {name: pair for name, pair in back.items() if pair[1] < pair[0]}
    assert not back, f"counts went back: {back}"
    return now


@define
class Figures:
    """What happened."""

    kills: int = 0
    in_flight: int = 0
    ended: int = 0
    """Lives that had done all before they were to be killed."""
    early: int = 0
    """Kills before the first request of a life."""
    set_back: int = 0
    """People whose old address an older event brought back after the upsert of the new one."""
    seconds: float = 0.0
    slowest_end: float = 0.0
    retried: int = 0
    told_again: int = 0
    """Subscriptions that a kill made come again."""


@define(eq=False)
class Soak:
    """A store, a sandbox, files that grow, and one run after the other."""

    folder: Path
    url: str
    mode: str
    luck: random.Random
    waiting: int
    ledger: Ledger = Factory(Ledger)
    figures: Figures = Factory(Figures)
    last: Look = NOTHING
    sources: list[Source] = Factory(list)
    arrivals: Arrivals = field(init=False)
    started_within: float = 1.0
    window: float = 0.4
    """Seconds after a life's first request within which it is killed."""
    is_hurried: bool = False
    """More lines are to be accepted than in one turn: it is killed sooner, while that goes on."""

    def __attrs_post_init__(self) -> None:
        self.arrivals = Arrivals(self.url)
        write_config(self.folder / "shop.json", CONFIG)

    @property
    def store(self) -> Path:
        """Where the store lies."""
        return self.folder / "walkeros-klaviyo.db"

    def words(self, source: Source) -> tuple[str, ...]:
        """The command, always the same for a file."""
        return (
            *("run", str(source.path), "--config", str(self.folder / "shop.json")),
            *("--store", str(self.store), "--host", self.url, "--mode", self.mode),
            *("--limits", "off", "--rejects", str(self.folder / "rejects.jsonl"), "--quiet"),
        )

    def next_source(self) -> Source:
        """A file to read: mostly the last one, sometimes an earlier or a new one; it has grown."""
        roll = self.luck.random()
        if not self.sources or (roll < 0.15 and len(self.sources) < FILES):
            path = self.folder / f"events-{len(self.sources)}.jsonl"
            self.sources.append(Source(path, self.ledger, random.Random(self.luck.random())))
            source = self.sources[-1]
        else:
            source = self.luck.choice(self.sources) if roll < 0.4 else self.sources[-1]
        undone = source.good - source.accepted + self.last.open_calls
        more = self.luck.randrange(10, 60)
        if self.luck.random() < BURST:
            more = self.waiting
        grown = max(self.waiting - undone, more if undone < 2 * self.waiting else 0)
        source.grow(grown)
        self.is_hurried = grown > TURN
        return source

    def live(self) -> None:
        """Start a run, kill it at a moment of luck, and look at what is left."""
        source = self.next_source()
        requests = requests_at(self.url)
        is_early = self.luck.random() < EARLY
        with (self.folder / "life.log").open("wb") as log:
            begin = time.monotonic()
            with started(*self.words(source), stdin=None, stdout=log, stderr=log) as process:
                if is_early:
                    ended_within(process, self.luck.uniform(0.0, self.started_within))
                else:
                    while requests_at(self.url) == requests:
                        assert time.monotonic() - begin < 60, "a minute without a request"
                        if ended_within(process, 0.02):
                            break
                    self.started_within = time.monotonic() - begin
                    most = self.window / 4 if self.is_hurried else self.window
                    ended_within(process, self.luck.uniform(0.0, most))
                was_killed = process.poll() is None
                process.kill()
        said = (self.folder / "life.log").read_text()
        assert "Traceback" not in said, said
        self._settle(source, was_killed, requests)
        assert was_killed or process.returncode in (0, 1), (process.returncode, said)

    def _settle(self, source: Source, was_killed: bool, requests: int) -> None:
        before = self.last
        self.last = look(self.store, before, repair=self.luck.random() < 0.25)
        accepted = self.last.counts["accepted"] - before.counts["accepted"]
        source.accepted += accepted
        assert source.accepted <= source.good, "a line was accepted twice"
        if not was_killed:
            self.figures.ended += 1
            self.window *= 0.7
            return
        self.window = min(self.window * 1.03, 1.0)
        total = requests_at(self.url)
        has_sent = total > requests
        self.figures.kills += 1
        self.figures.early += not has_sent
        self.figures.in_flight += bool(self.last.open_calls and (has_sent or accepted))
        if self.figures.kills % 10 == 0 or total - self.arrivals.seen > ENOUGH:
            self.arrivals.look(self.ledger)

    def mend(self, kills: int) -> None:
        """Mend the configuration, retry what is dead, and kill it at once while that is done."""
        write_config(self.folder / "shop.json", MENDED)
        with Store.visit(self.store) as store:
            self.figures.retried = store.retry().retried
            store.commit()
        counts = self.last.counts
        del counts["dead"], counts["dead_upserts"]
        self.last = look(self.store, self.last)
        assert self.last.again == self.figures.retried > 0
        for number in range(kills):
            with started(*self.words(self.sources[0]), stderr=subprocess.DEVNULL) as process:
                begun = time.monotonic()
                while look(self.store, self.last).again == self.last.again and number % 2:
                    if ended_within(process, 0.001) or time.monotonic() - begun > 5:
                        break
                ended_within(process, self.luck.uniform(0.0, self.window / 4))
                process.kill()
            before = self.last
            self.last = look(self.store, before)
            anew = self.last.counts["anew"] - before.counts["anew"]
            assert anew == before.again - self.last.again, "each is planned anew once"

    def finish(self) -> None:
        """Let every file be read to its end."""
        self.arrivals.look(self.ledger)
        for source in self.sources:
            begin = time.monotonic()
            with ThreadPoolExecutor(1) as beside:
                running = beside.submit(apart, *self.words(source), seconds=300.0)
                while not running.done():  # much may be left, and the sandbox forgets
                    self.arrivals.look(self.ledger, tries=20)
                    wait([running], timeout=0.2)
            done = running.result()
            assert done.code in (0, 1), done.said
            assert "Traceback" not in done.said, done.said
            self.figures.slowest_end = max(self.figures.slowest_end, time.monotonic() - begin)
            self.last = look(self.store, self.last)
            self.arrivals.look(self.ledger)


def ended_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Has it ended by itself within these seconds?"""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def check_end(soak: Soak) -> None:
    """Everything once, to the cent, in order, and nothing left."""
    check_store(soak.last, soak.ledger)
    check_recorded(soak.url, soak.ledger)
    check_profiles(soak)
    check_subscriptions(soak)
    check_rejects(soak.folder / "rejects.jsonl", soak.ledger)
    early = soak.arrivals.early
    assert not early, f"{len(early)} events came before their profile was told: {early[:3]}"


def check_store(last: Look, ledger: Ledger) -> None:
    """The store's counts are those of the lines as they were made."""
    meant = Counter(ledger.fates)
    meant.update(accepted=ledger.accepted, upserts=ledger.upserts, saved=ledger.saved)
    meant["subscriptions"] = sum(map(len, ledger.words.values()))
    assert last.open_calls == last.again == 0
    # Of who is tangled every upsert is sent, also that of an event that is planned anew.
    anew = last.counts.pop("anew", 0)
    more = last.counts["upserts"] - meant["upserts"]
    assert 0 <= more <= anew
    meant["upserts"] += more
    assert last.counts == +meant, (last.counts, +meant)


def check_recorded(url: str, ledger: Ledger) -> None:
    """Every event once, with its value."""
    seen: Counter[tuple[str, str]] = Counter()
    money: list[tuple[str | None, Decimal | None]] = []
    for row in recorded(url, "events"):
        seen[row["metric"], row["unique_id"]] += 1
        value = row.get("value")
        money.append((row.get("value_currency"), None if value is None else Decimal(value)))
    lost = ledger.events.keys() - seen.keys()
    strange = seen.keys() - ledger.events.keys()
    twice = [name for name, times in seen.items() if times > 1]
    assert not lost, f"{len(lost)} events were lost: {sorted(lost)[:3]}"
    assert not strange, f"{len(strange)} events were never meant: {sorted(strange)[:3]}"
    assert not twice, f"{len(twice)} events were recorded twice: {twice[:3]}"
    assert stats(url)["events"] == len(ledger.events)
    assert sums(money) == ledger.revenue, (sums(money), ledger.revenue)


def check_profiles(soak: Soak) -> None:
    """Everybody is known as they were last told to be.

    Of the address it is the last request that counts: an event carries one, and one that is sent
    again after a later upsert brings the old one back. How often is counted, not refused.
    """
    known = {
        row["attributes"]["first_name"]: row["attributes"]
        for row in recorded(soak.url, "profiles")
        if "first_name" in row["attributes"]
    }
    told = {one.name: one for one in soak.ledger.people if one.told is not None}
    assert known.keys() == told.keys()
    for name, person in told.items():
        attributes, (email, tier) = known[name], person.told or (None, 0)
        found = (attributes.get("external_id"), attributes["properties"]["tier"])
        assert found == (person.id, tier), f"{name}: {found}, meant {(person.id, tier)}"
        assert attributes.get("email") == soak.arrivals.addresses[name], name
        soak.figures.set_back += attributes.get("email") != email


def check_subscriptions(soak: Soak) -> None:
    """Of each address what was said, in order; what a kill makes come again changes nothing."""
    meant, taken = soak.ledger.words, soak.arrivals.words
    assert taken.keys() == {email for email, words in meant.items() if words}
    for email, words in meant.items():
        rest = iter(taken[email])
        assert all(any(one == word for one in rest) for word in words), (email, words, taken[email])
        assert not words or taken[email][-1] == words[-1], (email, words, taken[email])
        soak.figures.told_again += len(taken[email]) - len(words)


def check_rejects(path: Path, ledger: Ledger) -> None:
    """Every line that was not sent is kept, at least once."""
    found = [json.loads(line) for line in path.read_bytes().splitlines()]
    outcomes = Counter(row["outcome"] for row in found)
    assert outcomes["invalid"] >= ledger.fates["invalid"], (outcomes, ledger.fates)
    assert outcomes["refused"] + outcomes["dead"] >= ledger.fates["dead"], outcomes


def summary(soak: Soak) -> str:
    """The figures, for people."""
    figures, ledger, counts = soak.figures, soak.ledger, stats(soak.url)
    share = figures.in_flight / max(figures.kills, 1)
    money = ", ".join(f"{value:,} {name}" for name, value in sorted(ledger.revenue.items()))
    fates = ", ".join(f"{count:,} {name}" for name, count in ledger.fates.most_common())
    told = sum(map(len, ledger.words.values()))
    answers = ", ".join(f"{n:,} {name}" for name, n in sorted(soak.arrivals.statuses.items()))
    return "\n".join(
        (
            f"mode       {soak.mode}",
            f"kills      {figures.kills:,}, {share:.0%} with work in flight, {figures.early:,} "
            f"before a request; {figures.ended:,} lives had ended by themselves",
            f"lines      {ledger.fates.total():,} in {len(soak.sources)} files: {fates}",
            f"events     {counts['events']:,} recorded, each once",
            f"retried    {figures.retried:,} dead letters, under a mended configuration",
            f"upserts    {ledger.upserts:,}; {ledger.saved:,} left out, for they were no news",
            f"consents   {told:,} told; {figures.told_again:,} more than once, for a kill",
            f"revenue    {money}, exact",
            f"requests   {counts['requests']:,}: {answers}",
            f"addresses  {figures.set_back:,} of {len(ledger.people):,} have an old one, "
            "by an older event that came after the upsert",
            f"duplicates {counts['duplicates']:,} taken and recorded once",
            f"seconds    {figures.seconds:,.0f}; the slowest last run took "
            f"{figures.slowest_end:.1f}",
        )
    )


def soak_once(folder: Path, mode: str, kills: int, seed: int, waiting: int = 0) -> Soak:
    """So many kills, and all that must hold; returns what came of it."""
    begin = time.monotonic()
    words = ("--limits", "off", "--faults", FAULTS, "--seed", str(seed), "--refuse", REFUSED)
    with sandbox_apart(*words) as url:
        soak = Soak(folder, url, mode, random.Random(seed), waiting or WAITING[mode])
        while soak.figures.kills < kills:
            soak.live()
            if soak.figures.kills % 50 == 0:
                print(f"{soak.figures.kills:,} kills", file=sys.stderr)
        soak.finish()
        soak.mend(max(kills // 10, 3))
        soak.finish()
        soak.figures.seconds = time.monotonic() - begin
        check_end(soak)
        print(summary(soak), flush=True)
        assert soak.figures.in_flight >= LEAST_IN_FLIGHT * soak.figures.kills
    return soak


def refuse_seconds(soak: Soak, starts: int) -> None:
    """One run holds the store; every other one is told who does, and it does not notice."""
    words = soak.words(soak.next_source())
    words = (words[0], "-", *words[2:])
    with started(*words) as first, ThreadPoolExecutor(4) as pool:
        assert first.stdin is not None
        first.stdin.write(order(1))
        first.stdin.flush()
        wait_until_sending(soak.url, first, 0)
        for second in pool.map(lambda _: apart(*words), range(starts)):
            assert second.code == 2, second.said
            assert f"process {first.pid} " in second.err, second.err
            assert "Traceback" not in second.err
        out, err = first.communicate(order(2), timeout=30)
    assert first.returncode == 0, (out, err)
    assert stats(soak.url)["events"] == 2


def order(number: int) -> bytes:
    """An order with consent."""
    return json.dumps(shop_event(number, consent={"marketing": True})).encode() + b"\n"


def wait_until_sending(url: str, process: subprocess.Popen[bytes], requests: int) -> None:
    """Until the sandbox was asked more often than that."""
    begin = time.monotonic()
    while requests_at(url) <= requests:
        assert not ended_within(process, 0.02)
        assert time.monotonic() - begin < 30


def main() -> None:
    """Kill a run so often, and say what came of it."""
    parser = argparse.ArgumentParser(description="Kill `run` at random moments.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mode", choices=sorted(WAITING), default="single")
    parser.add_argument(
        "--events", type=int, default=0, help="how many wait at the start of each life, read or not"
    )
    parser.add_argument(
        "--second-starts", type=int, default=0, help="instead: start so many runs on a held store"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if given.second_starts:
            with sandbox_apart("--limits", "off") as url:
                soak = Soak(Path(name), url, given.mode, random.Random(given.seed), 10)
                refuse_seconds(soak, given.second_starts)
            print(f"{given.second_starts:,} runs were told who holds the store")
            return
        soak_once(Path(name), given.mode, given.kills, given.seed, given.events)
    print("all of it holds")


if __name__ == "__main__":
    main()
