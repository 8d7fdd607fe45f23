"""Which part of a document is Klaviyo's, and what do its references stand for?"""

from __future__ import annotations

from typing import Any

import pytest

from walkeros_klaviyo.document.flow import Found, find_config
from walkeros_klaviyo.document.part import kind_of_document

CANARY = "pk_canary_7f3a9"
KLAVIYO = "@walkeros/server-destination-klaviyo"


def a_flow(config: Any, **around: Any) -> dict[str, Any]:
    """A flow.json with one Klaviyo destination; `root`, `flow` and `step` add to its levels."""
    step = {"package": KLAVIYO, "config": config, **around.get("step", {})}
    flow = {
        "config": {"platform": "server"},
        "destinations": {"klaviyo": step},
        **around.get("flow", {}),
    }
    return {"version": 4, "flows": {"shop": flow}, **around.get("root", {})}


def find(document: Any, **options: Any) -> Found:
    return find_config(document, env=options.pop("env", {}), **options)


def told(found: Found) -> list[str]:
    return [str(fault) for fault in found.faults]


def test_a_misspelt_kind_of_reference_is_told() -> None:
    """It would be a path that leads nowhere; what is near to none may be meant as it stands."""
    config = {"settings": {"email": "$envs.MAIL", "apiKey": "$secrets.KEY"}, "id": "$item.x"}
    found = find(config)
    assert told(found) == [
        'settings.email  $envs. is not a kind of reference; did you mean "env"?',
        'settings.apiKey  $secrets. is not a kind of reference; did you mean "secret"?',
    ]
    assert found.config == {"settings": {}, "id": "$item.x"}


# --- which part -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({}, "configuration"),
        ({"settings": {}}, "configuration"),
        ({"version": 4, "settings": {}}, "configuration"),
        ({"package": KLAVIYO, "config": {}}, "step"),
        ({"config": {}}, "step"),
        ({"version": 3}, "flow"),
        ({"flows": {}}, "flow"),
    ],
)
def test_a_document_says_by_its_keys_what_it_is(document, kind):
    assert kind_of_document(document) == kind


CONFIG = {"settings": {"currency": "EUR"}, "mapping": {"order": {"complete": {"name": "Order"}}}}


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (CONFIG, ""),
        ({"$schema": "./schema.json", "variables": {}, **CONFIG}, ""),
        ({"package": KLAVIYO, "config": CONFIG}, "config"),
        ({"config": CONFIG}, "config"),
        (a_flow(CONFIG), "flows.shop.destinations.klaviyo.config"),
        ({**a_flow(CONFIG), "version": 3}, "flows.shop.destinations.klaviyo.config"),
    ],
)
def test_the_configuration_is_found_with_its_place(document, where):
    found = find(document)
    assert (found.config, found.where, found.faults, found.warnings) == (CONFIG, where, (), ())


@pytest.mark.parametrize(
    "package",
    [
        KLAVIYO,
        f"{KLAVIYO}@4.2.0",
        "@walkeros/web-destination-klaviyo",
        "@acme/walkeros-destination-klaviyo-fork",
    ],
)
def test_the_klaviyo_package_is_known_in_every_spelling(package):
    document = a_flow(CONFIG, step={"package": package})
    other = {"package": "@walkeros/server-destination-api", "config": {"url": "$env.NOWHERE"}}
    document["flows"]["shop"]["destinations"]["api"] = other
    assert find(document).config == CONFIG


def test_a_destination_without_package_is_taken_if_it_is_called_klaviyo():
    steps = {"klaviyo": {"config": CONFIG}, "other": {"config": {}}}
    assert find({"version": 4, "flows": {"shop": {"destinations": steps}}}).config == CONFIG


TWO_FLOWS = {
    "version": 4,
    "flows": {
        "shop": {"destinations": {"klaviyo": {"package": KLAVIYO, "config": CONFIG}}},
        "test": {
            "destinations": {
                "a": {"package": KLAVIYO, "config": {}},
                "b": {"package": KLAVIYO, "config": {"id": "b"}},
                "plain": {"code": {"push": "$code:x"}, "config": {"id": "plain"}},
                "api": {"package": "@walkeros/server-destination-api"},
            }
        },
        "broken": None,
        "odd": {"destinations": {"klaviyo": "a string"}},
    },
}


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"flow": "shop"}, "flows.shop.destinations.klaviyo.config"),
        ({"destination": "klaviyo"}, "flows.shop.destinations.klaviyo.config"),
        ({"flow": "test", "destination": "b"}, "flows.test.destinations.b.config"),
        ({"destination": "plain"}, "flows.test.destinations.plain.config"),
    ],
)
def test_options_pick_the_flow_and_the_destination(options, where):
    found = find(TWO_FLOWS, **options)
    assert (found.where, found.faults) == (where, ())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {},
            "3 destinations are Klaviyo's; pick one with --flow shop --destination klaviyo "
            "| --flow test --destination a | --flow test --destination b",
        ),
        (
            {"flow": "test"},
            "2 destinations are Klaviyo's; pick one with --flow test --destination a "
            "| --flow test --destination b",
        ),
        ({"flow": "shpo"}, 'there is no flow "shpo"; did you mean "shop"?'),
        ({"flow": "zz"}, 'there is no flow "zz"; known here: shop, test, broken, odd'),
        (
            {"destination": "klavio"},
            'there is no destination "klavio"; did you mean "klaviyo"?',
        ),
        (
            {"destination": "api"},
            f"no destination has the package {KLAVIYO}; found: test.api",
        ),
        ({"flow": "broken"}, f"no destination has the package {KLAVIYO}; found: none at all"),
    ],
)
def test_what_cannot_be_picked_lists_what_can(options, message):
    found = find(TWO_FLOWS, **options)
    assert found.config is None
    assert told(found) == [f"flows  {message}"]


@pytest.mark.parametrize(
    ("document", "options", "fault"),
    [
        ([], {}, "(top level)  expected an object, got a list"),
        (None, {}, "(top level)  expected an object, got null"),
        ({"version": 4}, {}, "flows  expected flows by name, got null"),
        ({"flows": []}, {}, "flows  expected flows by name, got a list"),
        (
            {"version": 2, "flows": {}},
            {},
            "version  walkerOS's versions 3 and 4 are read here; bring the file to version 4",
        ),
        (
            {},
            {"flow": "shop"},
            "(top level)  is a bare configuration, where --flow can pick nothing; leave it out",
        ),
        (
            {"config": {}},
            {"destination": "x"},
            "(top level)  is a destination step, where --destination can pick nothing; "
            "leave it out",
        ),
    ],
)
def test_a_document_without_a_configuration_says_why(document, options, fault):
    found = find(document, **options)
    assert found.config is None
    assert told(found) == [fault]


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (
            {"package": "@walkeros/server-destination-api", "config": {}},
            f"package  this destination is not Klaviyo's, which is {KLAVIYO}",
        ),
        ({"package": KLAVIYO, "confg": {}}, 'confg  unknown key; did you mean "config"?'),
        ({"package": KLAVIYO, "config": []}, "config  expected an object, got a list"),
        (
            {"config": {}, "variables": ["x"]},
            "variables  expected an object of names and values, got a list",
        ),
        (
            a_flow({}, flow={"variables": 5}),
            "flows.shop.variables  expected an object of names and values, got a number",
        ),
    ],
)
def test_a_faulty_step_names_the_place(document, fault):
    assert told(find(document)) == [fault]


def test_chains_that_do_not_run_here_are_warned_of():
    step = {"before": ["redact"], "next": "log", "cache": {"rules": []}}
    found = find(a_flow(CONFIG, step=step))
    assert found.faults == ()
    assert [(note.code, note.path) for note in found.warnings] == [
        ("config.no-meaning", f"flows.shop.destinations.klaviyo.{key}") for key in step
    ]
    assert "events arrive without their changes" in found.warnings[0].message


@pytest.mark.parametrize("empty", [None, [], {}, ""])
def test_an_empty_chain_is_no_chain(empty):
    assert find(a_flow(CONFIG, step={"before": empty, "next": empty})).warnings == ()


# --- what references stand for --------------------------------------------------------------------

ENV = {"KEY": CANARY, "EMPTY": "", "HOST": "shop.example", "SLY": "$var.deep $env.KEY"}
VARIABLES = {
    "text": "EUR",
    "number": 5,
    "half": 2.5,
    "whole": 4.0,
    "flag": True,
    "nothing": None,
    "list": ["a", {"b": "c"}],
    "deep": {"a": {"b": 7}},
    "items": {"loop": ["nested", {"map": {"SKU": "data.sku"}}]},
    "again": "$var.number",
    "twice": ["$var.again", "$var.deep.a"],
    "bridge": "$var.deep",
    "host": "$env.HOST",
    "fine": {"ok": 1, "bad": "$env.UNSET"},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$var.text", "EUR"),
        ("$var.number", 5),
        ("$var.flag", True),
        ("$var.nothing", None),
        ("$var.list", ["a", {"b": "c"}]),
        ("$var.list.1.b", "c"),
        ("$var.deep.a.b", 7),
        ("$var.deep.a", {"b": 7}),
        ("$var.items", {"loop": ["nested", {"map": {"SKU": "data.sku"}}]}),
        ("$var.again", 5),
        ("$var.twice", [5, {"b": 7}]),
        ("$var.bridge.a.b", 7),
        ("$var.fine.ok", 1),
        ("is $var.number, $var.half, $var.whole and $var.flag.", "is 5, 2.5, 4 and true."),
        ("https://$var.host/$var.deep.a.b?x", "https://shop.example/7?x"),
        ("$var.text-$var.text", "EUR-EUR"),
        ("$env.KEY", CANARY),
        ("$env.EMPTY", ""),
        ("$env.EMPTY:else", ""),
        ("$env.UNSET:else", "else"),
        ("$env.UNSET:", ""),
        ("$env.UNSET:http://a:1/b", "http://a:1/b"),
        ("$env.UNSET:two words", "two words"),
        ("$env.UNSET:$var.text", "EUR"),
        ("https://$env.HOST/x", "https://shop.example/x"),
        ("$env.SLY", "$var.deep $env.KEY"),
        ("$secret.KEY", CANARY),
        ("costs $5", "costs $5"),
        ("$variable.x $environment $", "$variable.x $environment $"),
        ("data.id", "data.id"),
        ("$contract.web", {"events": {"a": 1, "b": {"required": ["x", "y"]}}, "tagging": 2}),
        ("$contract.web.events.b.required", ["x", "y"]),
        ("$contract.base.tagging", 1),
        ("$contract.old.events.a", 1),
        ("$contract.typed.currency", "EUR"),
        ("$flow.site.url", "https://site.example"),
        ("$flow.site", {"url": "https://site.example", "settings": {"region": "eu"}}),
        ("$flow.site.settings.region", "eu"),
    ],
)
def test_a_reference_stands_for_its_value(text, value):
    site = {
        "config": {"url": "https://$var.host", "settings": {"region": "$var.region"}},
        "variables": {"region": "eu", "host": "site.example"},
        "destinations": {"api": {"config": {"key": "$secret.UNSET", "fn": "$code:x"}}},
    }
    contract = {
        "base": {"tagging": 1, "events": {"a": 1, "b": {"required": ["x"]}}},
        "web": {"extend": "base", "tagging": 2, "events": {"b": {"required": ["x", "y"]}}},
        "old": {"extends": "base"},
        "typed": {"currency": "$var.text"},
    }
    root = {"variables": VARIABLES, "contract": contract}
    document = a_flow({"data": {"value": text}}, root=root)
    document["flows"]["site"] = site
    found = find(document, env=ENV)
    assert (found.config, told(found)) == ({"data": {"value": value}}, [])


def test_variables_of_the_step_hide_the_flows_and_those_the_files():
    root = {"variables": {"a": "root", "b": "root", "c": "root", "d": {"x": 1}}}
    flow = {"variables": {"b": "flow", "c": "flow", "d": {"y": 2}}}
    step = {"variables": {"c": "step", "deep": "$var.b"}}
    config = {"id": "$var.a $var.b $var.c $var.deep", "data": {"value": "$var.d"}}
    found = find(a_flow(config, root=root, flow=flow, step=step))
    assert found.config == {"id": "root flow step flow", "data": {"value": {"y": 2}}}


def test_a_bare_configuration_has_references_too():
    document = {
        "variables": {"currency": "$env.CURRENCY:EUR"},
        "settings": {"apiKey": "$secret.KEY", "currency": "$var.currency"},
    }
    found = find(document, env=ENV)
    assert found.config == {"settings": {"apiKey": CANARY, "currency": "EUR"}}


def test_a_whole_configuration_can_be_a_variable():
    found = find(a_flow("$var.klaviyo", root={"variables": {"klaviyo": CONFIG}}))
    assert (found.config, found.faults) == (CONFIG, ())


def test_a_bare_configuration_has_no_contracts_and_flows():
    found = find({"data": {"value": ["$contract.web", "$flow.shop.url"]}})
    assert told(found) == [
        'data.value[0]  $contract.web leads nowhere: there is no "web"',
        'data.value[1]  $flow.shop.url leads nowhere: there is no "shop"',
    ]


def test_keys_are_not_resolved():
    config = {"data": {"map": {"$var.text": "data.id", "$env.UNSET": "data.x"}}}
    assert find(config).config == config


def test_the_document_is_left_as_it_was():
    document = a_flow({"id": "$var.text"}, root={"variables": VARIABLES})
    before = repr(document)
    find(document, env=ENV)
    assert repr(document) == before


@pytest.mark.parametrize(
    "config",
    [
        {"env": {"sdk": "$store.cache"}, "logger": "$code:console"},
        {"mapping": {"a": {"b": {"batchFn": "$code:x", "examples": ["$env.UNSET"]}}}},
        {"mapping": {"a": {"b": [{"name": "A", "description": "$secret.UNSET"}]}}},
    ],
)
def test_fields_that_do_nothing_here_need_not_resolve(config):
    found = find(config)
    assert (found.config, found.faults) == (config, ())


def test_a_definition_is_taken_and_its_newer_name_told():
    root = {"definitions": {"items": {"loop": ["nested", "$def.line"]}, "line": "data.sku"}}
    found = find(a_flow({"data": {"map": {"Items": "$def.items"}}}, root=root))
    assert found.config == {"data": {"map": {"Items": {"loop": ["nested", "data.sku"]}}}}
    assert {(note.code, note.message) for note in found.warnings} == {
        ("config.renamed", '$def. is spelled "$var." since walkerOS 4')
    }
    assert found.warnings[0].path == "flows.shop.destinations.klaviyo.config.data.map.Items"


# --- what cannot be resolved ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "$env.UNSET",
            "$env.UNSET is not set; set the environment variable UNSET, "
            "or write a default: $env.UNSET:…",
        ),
        (
            "a $env.UNSET b",
            "$env.UNSET is not set; set the environment variable UNSET, "
            "or write a default: $env.UNSET:…",
        ),
        ("$secret.UNSET", "$secret.UNSET is not set; set the environment variable UNSET"),
        (
            "Bearer $secret.KEY",
            "$secret.KEY cannot stand inside a longer text; make it the whole text",
        ),
        (
            "a $flow.shop",
            "$flow.shop cannot stand inside a longer text; make it the whole text",
        ),
        (
            "$var.txt",
            '$var.txt leads nowhere: there is no "txt"; did you mean "text"?',
        ),
        ("$var.deep.x", '$var.deep.x leads nowhere: there is no "x"; known here: a'),
        ("$var.text.x", '$var.text.x leads nowhere: there is no "x"'),
        ("$var.list.2", '$var.list.2 leads nowhere: there is no "2"'),
        ("x $var.list", "$var.list is a list and cannot stand inside a longer text"),
        ("x $var.nothing", "$var.nothing is null and cannot stand inside a longer text"),
        (
            "$store.cache",
            "$store. needs walkerOS's JavaScript bundler and cannot work here; write it in Python",
        ),
        (
            "x $store.cache",
            "$store. needs walkerOS's JavaScript bundler and cannot work here; write it in Python",
        ),
        (
            "$code:(event) => event",
            "$code: needs walkerOS's JavaScript bundler and cannot work here; write it in Python",
        ),
        (
            "$def.items.0",
            "$def.items.0 names no definition; since walkerOS 4 write $var.items.0 instead",
        ),
        ("$contract.no", '$contract.no leads nowhere: there is no "no"; known here: a, b, lost'),
        ("$contract.a.x", "$contract.a.x: the contract extends itself: a → b → a"),
        (
            "$contract.lost",
            '$contract.lost: the contract lost extends "gone", which is not a contract',
        ),
        (
            "$flow.shpo.url",
            '$flow.shpo.url leads nowhere: there is no "shpo"; did you mean "shop"?',
        ),
        (
            "$flow.shop.url",
            '$flow.shop.url leads nowhere: there is no "url"; known here: platform, settings',
        ),
        ("$var.", "$var. is not followed by a name, such as $var.name"),
        ("$env.1", "$env. is not followed by a name, such as $env.name"),
        (
            "$var.round",
            "the references go round in a circle: $var.round → $var.trip → $var.round",
        ),
        (
            "$var.self",
            "the references go round in a circle: $var.self → $var.self",
        ),
        (
            "$flow.shop.settings.a",
            "the references go round in a circle: $flow.shop.settings.a → $flow.shop.settings.a",
        ),
        (
            "$var.fine",
            "$env.UNSET is not set; set the environment variable UNSET, "
            "or write a default: $env.UNSET:… (through $var.fine)",
        ),
    ],
)
def test_what_cannot_be_resolved_names_place_and_remedy(text, message):
    variables = {**VARIABLES, "round": "$var.trip", "trip": "a $var.round", "self": "$var.self"}
    contract = {"a": {"extend": "b"}, "b": {"extend": "a"}, "lost": {"extend": "gone"}}
    platform = {"platform": "server", "settings": {"a": "$flow.shop.settings.a"}}
    document = a_flow(
        {"data": {"value": text}},
        root={"variables": variables, "contract": contract},
        flow={"config": platform},
    )
    found = find(document, env=ENV)
    where = "flows.shop.destinations.klaviyo.config.data.value"
    if text == "$var.fine":
        where += ".bad"
    assert told(found) == [f"{where}  {message}"]


@pytest.mark.parametrize(
    "variables",
    [
        {"a": "$var.a.x"},
        {"a": "$var.b.x", "b": "$var.a.y"},
        {"a": {"x": "$var.a"}},
        {"a": ["$var.b"], "b": {"c": "$var.a"}},
        {"a": "$env.UNSET:$var.a"},
    ],
)
def test_every_circle_ends_in_one_fault(variables):
    (fault,) = find({"variables": variables, "id": "$var.a"}).faults
    assert fault.path.startswith("id")
    assert "in a circle" in fault.message or "in a row" in fault.message


def test_an_endless_chain_is_cut_short():
    chain = {f"a{n}": f"$var.a{n + 1}" for n in range(80)}
    (fault,) = find({"variables": {**chain, "a80": 1}, "id": "$var.a0"}).faults
    assert fault.message.startswith("more than 50 references in a row: $var.a0 → $var.a1 → $var.a2")


def test_variables_that_unfold_without_end_are_cut_short():
    laughs = {f"a{n}": [f"$var.a{n + 1}"] * 10 for n in range(9)}
    found = find({"variables": {**laughs, "a9": 1}, "data": {"value": "$var.a0"}})
    assert [f.message.partition(" (")[0] for f in found.faults] == [
        "the references unfold into more than 100,000 values"
    ]


def test_what_is_nested_too_deeply_is_a_fault():
    deep: Any = "data.id"
    for _ in range(5_000):
        deep = {"map": {"a": deep}}
    assert told(find({"data": deep})) == ["(top level)  nested too deeply to be a configuration"]


def test_all_faults_come_at_once_and_what_is_missing_is_left_out():
    config = {
        "settings": {"apiKey": "$secret.UNSET", "currency": "EUR"},
        "include": ["$var.gone", "user"],
        "data": {"map": {"A": "$store.x", "B": "data.b"}},
    }
    found = find(a_flow(config))
    assert [fault.path.partition(".config.")[2] for fault in found.faults] == [
        "settings.apiKey",
        "include[0]",
        "data.map.A",
    ]
    assert found.config == {
        "settings": {"currency": "EUR"},
        "include": [None, "user"],
        "data": {"map": {"B": "data.b"}},
    }


# --- secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "$secret.KEY",
        "x $env.KEY $var.list",
        {"a": "$env.KEY", "b": "$env.KEY $env.UNSET", "c": "$var.key.x"},
    ],
)
def test_a_secret_is_in_no_fault_and_no_repr(value):
    variables = {"list": [], "key": "$secret.KEY"}
    found = find({"variables": variables, "data": {"value": value}}, env=ENV)
    assert CANARY not in repr(found)
    assert not any(CANARY in text for text in told(found))


def test_a_message_about_a_resolved_text_names_its_reference_instead():
    found = find({"include": ["$secret.KEY", "x$env.EMPTY"]}, env=ENV)
    concealed = found.conceal("include[0]", f'"{CANARY}" is not a section')
    assert concealed == '"$secret.KEY" is not a section'
    assert found.conceal("include[0]", f"x{CANARY}") == "x$secret.KEY"
    assert found.conceal("include[1]", '"x" is not a section') == '"x" is not a section'
    assert found.conceal("data", "anything") == "anything"


FRAGMENT: dict[str, Any] = {
    "destinations": {
        "klaviyo": {
            "package": "@walkeros/server-destination-klaviyo",
            "variables": {"total": "data.total"},
            "config": {"settings": {"apiKey": "$env.KEY"}, "mapping": {"a": {"b": {"name": "X"}}}},
        },
        "ga4": {"package": "@walkeros/web-destination-gtag", "config": {}},
    }
}


def test_the_fragment_of_walkeros_own_pages_is_read() -> None:
    """One flow's destinations, without the flow around them."""
    found = find_config(FRAGMENT, env={"KEY": "pk_1"})
    assert found.faults == ()
    assert found.where == "destinations.klaviyo.config"
    assert found.config is not None
    assert found.config["settings"] == {"apiKey": "pk_1"}


def test_of_a_fragment_one_is_picked_as_of_a_flow() -> None:
    """By name, where several are Klaviyo's."""
    both = {"destinations": {**FRAGMENT["destinations"], "eu": FRAGMENT["destinations"]["klaviyo"]}}
    (fault,) = find_config(both, env={"KEY": "pk_1"}).faults
    assert "--destination klaviyo | --destination eu" in fault.message
    assert find_config(both, env={"KEY": "pk_1"}, destination="eu").where == (
        "destinations.eu.config"
    )
    (fault,) = find_config({"destinations": {"ga4": {"package": "x"}}}, env={}).faults
    assert "found: ga4" in fault.message
    (fault,) = find_config(FRAGMENT, env={}, flow="shop").faults
    assert "leave it out" in fault.message


def test_a_contract_in_a_fragment_sees_what_the_flow_defines() -> None:
    """And not what the step alone does."""
    document = {
        "variables": {"shop": "data.shop"},
        "contract": {"web": {"tagging": "$var.shop"}},
        "destinations": {
            "klaviyo": {
                "variables": {"shop": "data.other"},
                "config": {"id": "$var.shop", "batch": "$contract.web.tagging"},
            }
        },
    }
    found = find_config(document, env={})
    assert found.faults == ()
    assert found.config == {"id": "data.other", "batch": "data.shop"}
