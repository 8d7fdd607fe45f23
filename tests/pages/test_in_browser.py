"""Both pages in Chromium: do they live, open, filter and repair, for everyone who uses them?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.pages.browser import look, served, until, violations
from tests.pages.status import event, serving, soon
from tests.pages.test_html import EVIL

from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.serve import running
from walkeros_klaviyo.shell.serve import page_guard

LOOKS = [(False, 1280), (True, 1280), (False, 400), (True, 400)]
ENTER, ESCAPE, TAB = "\ue007", "\ue00c", "\ue004"


@pytest.fixture
def shop(post: Any, make: Any) -> Iterator[tuple[Sandbox, str]]:
    """A sandbox that has some of everything, and its address."""
    sandbox = Sandbox(limits="published")
    ada = make.profile(email="ada@example.com", first_name="Ada")
    order = {"value": 89_900, "value_currency": "JPY", "properties": {"OrderId": "O-1"}}
    post(sandbox, "event", make.event("Placed Order", ada, unique_id="o1", **order))
    more = {"value": 5, "value_currency": "EUR", "time": "2026-09-18T10:00:00Z"}
    post(sandbox, "event", make.event("Placed Order", ada, unique_id="o2", **more))
    post(sandbox, "event", make.event(value="x"))
    person = make.person("SUBSCRIBED", "email", email="ada@example.com")
    post(sandbox, "subscribe", make.subscription(person, chosen="Y6nRLr"))
    for number, evil in enumerate(EVIL[:-1]):
        who = make.profile(external_id=f"evil{number}", first_name=evil)
        more = {"properties": {evil: evil}, "unique_id": f"evil{number}"}
        post(sandbox, "event", make.event(evil[:100], who, **more))
    sandbox.note_origin("Placed Order", "o1", b'{"name": "order complete"}')
    with running(sandbox) as url:
        yield sandbox, url


def find(driver: Any, css: str) -> Any:
    return driver.find_element("css selector", css)


def text(driver: Any, css: str = "main") -> str:
    """In one step: between finding it and asking it, a live page may have replaced it."""
    words = "return document.querySelector(arguments[0])?.innerText ?? ''"
    return str(driver.execute_script(words, css))


def nothing_went_wrong(driver: Any) -> None:
    """Nothing was refused by the policy, fetched in vain or thrown."""
    assert driver.get_log("browser") == []


def fits(driver: Any) -> bool:
    wide = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return bool(driver.execute_script(wide))


def test_events_appear_without_a_reload_and_nothing_else_moves(
    driver: Any, shop: Any, post: Any, make: Any
) -> None:
    sandbox, url = shop
    look(driver, url)
    driver.execute_script("window.was = true; document.querySelector('details').open = true")
    first = find(driver, "#events a")
    driver.execute_script("arguments[0].focus()", first)
    post(sandbox, "event", make.event("Viewed Page", unique_id="new", properties={"Page": "Home"}))
    until(lambda: "Page Home" in text(driver, "#events"))
    assert driver.execute_script("return window.was && document.querySelector('details').open")
    assert driver.switch_to.active_element == first
    assert find(driver, "#events li").get_attribute("class") == "new"
    until(lambda: text(driver, "#news").startswith(f"{sandbox.stats()['events']} events"))
    nothing_went_wrong(driver)


def test_it_can_be_paused(driver: Any, shop: Any, post: Any, make: Any) -> None:
    sandbox, url = shop
    look(driver, url)
    until(lambda: find(driver, "#pause").is_displayed())
    find(driver, "#pause").click()
    post(sandbox, "event", make.event("Viewed Page", unique_id="new"))
    asked = "return performance.getEntriesByType('resource').length"
    before = driver.execute_script(asked)
    driver.execute_async_script("setTimeout(arguments[0], 1500)")
    assert driver.execute_script(asked) <= before + 1  # what was under way
    assert "Viewed Page" not in text(driver, "#events")
    find(driver, "#pause").click()
    until(lambda: "Viewed Page" in text(driver, "#events"))


def test_enter_opens_the_whole_body_and_escape_leads_back(driver: Any, shop: Any) -> None:
    look(driver, f"{shop[1]}/?metric=Placed+Order&person=ada")
    link = find(driver, "#events li:last-child a")
    link.send_keys(ENTER)
    until(lambda: find(driver, "dialog").get_property("open"))
    shown = text(driver, "dialog")
    for part in ("89,900 JPY", '"OrderId": "O-1"', '"name": "order complete"', "ada@example.com"):
        assert part in shown
    find(driver, "dialog a[data-opens]").send_keys(ENTER)  # the person, in the same place
    until(lambda: "Timeline" in text(driver, "dialog"))
    assert "Subscribed: email marketing, list Y6nRLr" in text(driver, "dialog")
    find(driver, "dialog button").send_keys(ESCAPE)
    until(lambda: not find(driver, "dialog").get_property("open"))
    assert driver.switch_to.active_element == link
    nothing_went_wrong(driver)


def test_a_filter_works_as_it_is_typed_and_its_address_can_be_kept(driver: Any, shop: Any) -> None:
    look(driver, shop[1])
    find(driver, "#person").send_keys("evil3")
    until(lambda: "Showing 1." in text(driver))
    assert find(driver, "#person").get_property("value") == "evil3"
    kept = driver.current_url
    assert kept.endswith("?person=evil3")
    look(driver, kept)
    assert "Showing 1." in text(driver)
    find(driver, "#metric").send_keys("Placed")
    until(lambda: "No such event." in text(driver))


def test_what_arrived_runs_nothing(driver: Any, shop: Any) -> None:
    url = shop[1]
    look(driver, url)
    assert "<script>alert(1)</script>" in text(driver, "#events")
    assert not driver.find_elements("css selector", "main script, main img")
    for number in range(2, 2 + len(EVIL) - 1):
        look(driver, f"{url}/sandbox/event?number={number}")
    nothing_went_wrong(driver)  # and no alert, which would have failed it


def test_ten_thousand_events_are_no_burden(driver: Any, post: Any, make: Any) -> None:
    sandbox = Sandbox(limits="off")
    rows = [make.row(f"m{n % 7}", unique_id=f"{n}") for n in range(10_000)]
    for at in range(0, len(rows), 1_000):
        group = make.group(make.profile(external_id=f"u{at}"), *rows[at : at + 1_000])
        assert post(sandbox, "bulk", make.bulk(group)).status == 202
    with running(sandbox) as url:
        look(driver, url)
        assert "the latest 50 of 10,000" in text(driver)
        timing = "return performance.getEntriesByType('navigation')[0].domComplete"
        assert driver.execute_script(timing) < 2_000
        assert driver.execute_script("return document.getElementsByTagName('*').length") < 2_000


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_the_sandboxs_page_is_for_everyone(driver: Any, shop: Any, dark: bool, width: int) -> None:
    look(driver, shop[1], dark=dark, width=width)
    driver.execute_script("document.querySelector('details').open = true")
    assert violations(driver) == []
    assert fits(driver)
    find(driver, "#events li:last-child a").click()
    until(lambda: find(driver, "dialog").get_property("open"))
    assert violations(driver) == []
    back = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (back == "rgb(255, 255, 255)") is not dark


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_serves_page_is_for_everyone(driver: Any, dark: bool, width: int, tmp_path: Path) -> None:
    with serving(tmp_path) as (app, *_), served(app) as url:
        for query in ("retry=1", "people=show"):
            look(driver, f"{url}/status?{query}", dark=dark, width=width)
            assert violations(driver) == []
            assert fits(driver)


def test_a_dead_letter_is_retried_by_a_click_and_dropped_by_another(
    driver: Any, tmp_path: Path
) -> None:
    with serving(tmp_path) as (app, taker, klaviyo), served(app) as url:
        look(driver, f"{url}/status")
        assert "Lovelace" not in text(driver)
        klaviyo.refuses = False
        button(driver, "Retry 1").click()
        until(lambda: "1 dead letter was planned again." in text(driver, "header"))
        until(lambda: "0 pending, 1 dead" in text(driver, "#news"))
        assert "e0" in klaviyo.fake.ids()
        button(driver, "Drop 2").click()
        driver.switch_to.alert.dismiss()
        assert taker.counts.dead == 1
        button(driver, "Drop 2").click()
        driver.switch_to.alert.accept()
        until(lambda: "1 dead letter was dropped." in text(driver, "header"))
        assert (taker.counts.dead, taker.counts.not_sent["dropped"]) == (0, 1)
        klaviyo.refuses = True
        taker.push(event(7))
        soon(lambda: taker.counts.dead == 1)
        until(lambda: "Retry 3" in text(driver))  # without a reload
        find(driver, "#people").click()
        until(lambda: "Lovelace" in text(driver))
        assert driver.current_url.endswith("?people=show")
        nothing_went_wrong(driver)


def button(driver: Any, words: str) -> Any:
    return driver.find_element("xpath", f"//button[normalize-space()='{words}']")


def test_a_page_from_elsewhere_can_neither_see_it_nor_click(driver: Any, tmp_path: Path) -> None:
    """Not even one that knows the token against forgery, from another port of this machine."""
    with serving(tmp_path) as (app, taker, _), served(app) as url, running(Sandbox()) as other:
        look(driver, url + "/status")
        token = find(driver, "input[name=token]").get_property("value")
        look(driver, other + "/sandbox/stats")  # it has no policy of its own
        asked = f"fetch('{url}/status').then(arguments[0], () => arguments[0]('refused'))"
        assert driver.execute_async_script(asked) == "refused"
        driver.execute_script(
            "const form = document.createElement('form');"
            "form.method = 'post'; form.action = arguments[0];"
            "form.innerHTML = `<input name=token value='${arguments[1]}'>"
            "<input name=what value=drop><input name=number value=1>`;"
            "document.documentElement.append(form); form.submit()",
            f"{url}/status",
            token,
        )
        until(lambda: "came from elsewhere" in driver.page_source)
        assert taker.counts.dead == 2


def test_a_browser_asks_for_the_token_and_brings_it(driver: Any, tmp_path: Path) -> None:
    guard = page_guard.Guard(token="s3cret")
    with serving(tmp_path, 1, guard) as (app, taker, klaviyo), served(app) as url:
        klaviyo.refuses = False
        look(driver, url.replace("//", "//me:s3cret@") + "/status")
        button(driver, "Retry 1").click()
        until(lambda: taker.counts.dead == 0)
        until(lambda: "0 pending, 0 dead" in text(driver, "#news"))


def test_a_missing_browser_is_told_and_is_a_failure_where_one_must_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tests.pages import browser

    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    for wanted, outcome in (("", "Skipped"), ("required", "Failed")):
        monkeypatch.setenv("WALKEROS_KLAVIYO_BROWSER", wanted)
        with pytest.raises(BaseException, match="apt-get install chromium") as told:
            browser.chromium().__enter__()
        assert type(told.value).__name__ == outcome
