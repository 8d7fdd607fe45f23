"""What does the configuration in a file say, and does every error help to mend it?"""

from __future__ import annotations

import json
import os
import pickle
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from walkeros_klaviyo import ConfigError, shop
from walkeros_klaviyo.shell.config import FileError, places_of, read_config

CANARY = "pk_canary_7f3a9"
KLAVIYO = "@walkeros/server-destination-klaviyo"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory, so that errors name files as a person would type them."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, content: Any) -> Path:
    path = Path(name)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def error_of(path: Path, **options: Any) -> str:
    with pytest.raises(FileError) as caught:
        read_config(path, env=options.pop("env", {}), **options)
    return re.sub(r"line \d+: ", "", str(caught.value))  # lines have a test of their own


# --- reading --------------------------------------------------------------------------------------

TOML = '[settings]\ncurrency = "EUR"\n[mapping.order.complete]\nname = "Placed Order"\n'
JSON = json.dumps(
    {
        "settings": {"currency": "EUR"},
        "mapping": {"order": {"complete": {"name": "Placed Order"}}},
    }
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("shop.toml", TOML),
        ("shop.TOML", TOML),
        ("shop.json", JSON),
        ("shop.conf", TOML),
        ("shop.conf", JSON),
        ("shop", f"\n  {JSON}"),
        ("bom.json", b"\xef\xbb\xbf" + JSON.encode()),
        ("bom.toml", b"\xef\xbb\xbf" + TOML.encode()),
        ("crlf.toml", TOML.replace("\n", "\r\n").encode()),
    ],
)
def test_a_file_is_read_by_its_suffix_or_else_its_content(here, name, content):
    path = write(name, content)
    config = read_config(path, env={})
    assert [rule.name for rule in config.rules] == ["Placed Order"]
    assert config == read_config(write("same.json", JSON), env={})


def test_a_key_that_is_not_at_hand_is_no_fault_where_nothing_is_sent(here):
    """A pull request has no secrets; whatever else is wrong is a fault all the same."""
    settings = {"apiKey": "$env.KEY", "currency": "EUR"}
    path = write("shop.json", {"settings": settings})
    config = read_config(path, env={}, needs_key=False)
    assert config.settings.api_key is None
    assert config.settings.currency is not None
    path = write("shop.json", {"settings": {**settings, "email": "$env.MAIL"}})
    with pytest.raises(FileError, match="MAIL is not set") as caught:
        read_config(path, env={}, needs_key=False)
    assert len(caught.value.faults) == 1
    with pytest.raises(FileError, match="KEY is not set"):
        read_config(path, env={})


def test_the_shipped_shop_is_read(here):
    config = read_config(Path(str(shop.CONFIG)), env={})
    assert config.warnings == ()
    assert "Placed Order" in [rule.name for rule in config.rules]


def test_the_environment_is_read_unless_another_is_given(here, monkeypatch):
    path = write("shop.json", {"settings": {"apiKey": "$env.KLAVIYO_KEY_OF_TEST"}})
    monkeypatch.setenv("KLAVIYO_KEY_OF_TEST", "pk_real")
    assert read_config(path).settings.api_key == "pk_real"
    assert read_config(path, env={"KLAVIYO_KEY_OF_TEST": "pk_x"}).settings.api_key == "pk_x"


# --- files that are none --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "", 'is empty; write at least {"settings": {}}, or [settings]'),
        ("a.toml", " \n", 'is empty; write at least {"settings": {}}, or [settings]'),
        ("a.json", "[1]", "expected an object, got a list"),
        ("a.json", '"text"', "expected an object, got a string"),
        ("a.json", "null", "expected an object, got null"),
        ("a.json", b'{"a": "\xff"}', "byte 7 (line 1) is not UTF-8; save the file as UTF-8"),
        (
            "a.toml",
            b"\xef\xbb\xbf# ok\n\xc3",
            "byte 8 (line 2) is not UTF-8; save the file as UTF-8",
        ),
        (
            "a.json",
            '{"a": 1}'.encode("utf-16"),
            "byte 0 (line 1) is not UTF-8; save the file as UTF-8",
        ),
        ("a.jsonl", "{}", "holds events; name a configuration in JSON or TOML"),
        ("a.yaml", "a: 1", "YAML is not read here; write JSON or TOML"),
        (
            "flow.ts",
            "export default {}",
            "JavaScript is not run here; give the flow.json, or a configuration in JSON or TOML",
        ),
        ("a.json", "[" * 100_000, "nested too deeply to be a configuration"),
        ("a.toml", "a = " + "[" * 100_000, "nested too deeply to be a configuration"),
        (
            "a.json",
            '{"data": ' + '{"map": {"a": ' * 20_000 + '"x"' + "}}" * 20_000 + "}",
            "nested too deeply to be a configuration",
        ),
    ],
)
def test_a_file_that_is_no_configuration_says_why(here, name, content, message):
    assert error_of(write(name, content)) == f"{name}: {message}"


def test_a_missing_file_names_the_nearest_one(here):
    write("shop.toml", TOML)
    assert error_of(Path("shpo.toml")) == 'shpo.toml: no such file; did you mean "shop.toml"?'
    assert error_of(Path("zzz")) == "zzz: no such file in this folder"
    write("one.json", {})
    write("shop.jsonl", "")
    assert error_of(Path("nosuch.json")) == "nosuch.json: no such file in this folder"
    assert error_of(Path("SHOP.json")) == 'SHOP.json: no such file; did you mean "shop.toml"?'
    assert error_of(Path("conf/a.toml")) == (
        "conf/a.toml: no such file, for there is no folder conf"
    )
    assert error_of(Path("shop.toml/a.toml")) == (
        "shop.toml/a.toml: no such file, for there is no folder shop.toml"
    )


def test_a_directory_is_no_file(here):
    Path("conf").mkdir()
    assert error_of(Path("conf")) == "conf: is a folder; name a file in it"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PermissionError(13, "Permission denied"), "may not be read; check its permissions"),
        (OSError(5, "Input/output error"), "cannot be read: Input/output error"),
        (ValueError("embedded null byte"), "cannot be read: embedded null byte"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(here, monkeypatch, error, message):
    def fail(self: Path) -> bytes:
        raise error

    monkeypatch.setattr(Path, "read_bytes", fail)
    assert error_of(Path("shop.toml")) == f"shop.toml: {message}"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
def test_a_file_without_permission_says_so(here):
    path = write("shop.toml", TOML)
    path.chmod(0)
    assert "check its permissions" in error_of(path)


# --- syntax ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "place", "message"),
    [
        ("a.json", '{"a": 1,}', "line 1, column 8", "a comma too many"),
        ("a.json", '{\n "a": [1,\n]}', "line 2, column 9", "a comma too many"),
        ("a.json", '{"a": [1,,]}', "line 1, column 10", "a comma too many: remove this one"),
        ("a.json", '{"a": 1\n "b": 2}', "line 2, column 2", "expecting ',' delimiter"),
        ("a.json", '{\n// no\n"a": 1}', "line 2, column 1", "JSON has no comments"),
        ("a.json", '{"a": 1} # no', "line 1, column 10", "JSON has no comments"),
        ("a.json", "{'a': 1}", "line 1, column 2", "double quotes"),
        ("a.json", '{"a": {"b": 1}', "line 1, column 15", "ends too early: is a bracket missing?"),
        (
            "a.json",
            '{"a": "b\n"}',
            "line 1, column 9",
            "a string holds a line break or another control",
        ),
        ("a.json", '{"a": 1} {}', "line 1, column 10", "there is something after the end"),
        ("a.toml", 'a = 1\nb = "x\n', "line 2, column 7", "illegal character"),
        ("a.toml", "a = \n", "line 1, column 5", "invalid value"),
        ("a.toml", "a = 1\na = 2\n", "line 2, column 6", "the key has a value already"),
        ("a.toml", "[a]\n[a]\n", "line 2, column 3", "cannot declare"),
        ("a.toml", "a", "line 1, column 2", "expected '='"),
        ("a.toml", "a = 1\nb = [1,\n  2", "line 3, column 4", "unclosed array"),
        ("a.conf", "{a}", "line 1, column 2", "expecting property name"),
    ],
)
def test_a_fault_of_syntax_has_line_and_column(here, name, content, place, message):
    head, fault = error_of(write(name, content)).split("\n")
    assert head == f"{name}: 1 fault"
    assert fault.startswith(f"  {place}  ")
    assert message in fault


def test_a_fault_of_syntax_without_a_place_is_told_all_the_same(here, monkeypatch):
    def fail(text: str) -> None:
        raise tomllib.TOMLDecodeError("Something new")

    monkeypatch.setattr(tomllib, "loads", fail)
    assert error_of(write("a.toml", "a = 1")) == "a.toml: Something new"


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        (
            "a.json",
            '{"mapping": {"order": {"complete": {"name": "A"}, "complete": {"name": "B"}}}}',
            "mapping.order.complete  appears twice, and only the last counts; merge them into one",
        ),
        (
            "a.json",
            '{"mapping": {"a": {"b": [{}, {"name": "A", "name": "B", "name": "C"}]}}}',
            "mapping.a.b[1].name  appears twice, and only the last counts; merge them into one",
        ),
        (
            "a.json",
            '{"batch": NaN}',
            "batch  NaN is not JSON; write a number, or leave it out",
        ),
        (
            "a.json",
            '{"data": {"value": [1, -Infinity]}}',
            "data.value[1]  -Infinity is not JSON; write a number, or leave it out",
        ),
        (
            "a.json",
            '{"data": {"value": 1e999}}',
            "data.value  NaN and Infinity are not JSON numbers, nor is one as large as this; "
            "leave it out",
        ),
        (
            "a.toml",
            "batch = nan",
            "batch  NaN and Infinity are not JSON numbers, nor is one as large as this; "
            "leave it out",
        ),
        (
            "a.toml",
            "[data]\nvalue = 2026-10-30",
            'data.value  JSON has no dates; write it as a string, in quotes: "2026-10-30"',
        ),
        (
            "a.json",
            f'{{"data": {{"value": {"9" * 5000}}}}}',
            "data.value  a number of that many digits cannot be kept; write it as a string",
        ),
        (
            "a.json",
            '{"data": {"value": "\\ud83d"}}',
            "data.value  the text holds an unpaired surrogate",
        ),
        (
            "a.json",
            '{"data": {"map": {"\\ud83d": "data.id"}}}',
            "data.map  a key holds an unpaired surrogate",
        ),
    ],
)
def test_what_would_pass_in_silence_is_a_fault_with_its_path(here, name, content, fault):
    assert error_of(write(name, content)) == f"{name}: 1 fault\n  {fault}"


def test_a_whole_character_outside_the_basic_plane_is_fine(here):
    path = write("a.json", '{"data": {"value": "\\ud83d\\ude00"}}')
    data = read_config(path, env={}).default.base
    assert data is not None
    assert data({}) == "😀"


# --- faults of the configuration ------------------------------------------------------------------


def test_faults_come_with_the_files_name_all_at_once(here):
    path = write(
        "shop.toml",
        '[mapping.order.complete]\nsettings.valeu = "data.total"\ndata.map.total = ""\n',
    )
    assert error_of(path) == (
        "shop.toml: 2 faults\n"
        '  mapping.order.complete.settings.valeu  unknown key; did you mean "value"?\n'
        '  mapping.order.complete.data.map.total  empty path; name a key, e.g. "data.total"'
    )


def test_every_fault_has_its_line(here):
    over = write("over.json", '{\n\n"settings": {"emial": "x"}}')
    with pytest.raises(FileError) as caught:
        read_config(write("a.toml", "[settings]\nx = 1\n[mapping]\na = 7\n"), overlay=over)
    assert str(caught.value) == (
        "a.toml, over.json: 3 faults\n"
        '  a.toml: line 2: settings.x  unknown key; did you mean "kx"?\n'
        '  over.json: line 3: settings.emial  unknown key; did you mean "email"?\n'
        '  a.toml: line 4: mapping.a  expected actions such as "view", got a number'
    )


def a_flow(config: Any) -> dict[str, Any]:
    step = {"package": KLAVIYO, "config": config, "before": "redact"}
    other = {"package": "@walkeros/server-destination-api", "config": {"key": "$secret.NOT_SET"}}
    return {
        "version": 4,
        "flows": {
            "shop": {
                "config": {"platform": "server"},
                "destinations": {"klaviyo": step, "api": other},
            }
        },
    }


def test_faults_of_every_kind_stand_together_with_their_place_in_the_flow(here):
    config = {
        "settings": {"apiKey": "$secret.UNSET", "emial": "user.email"},
        "consent": {"marketing": "$var.gone"},
        "mapping": {
            "order": {
                "complete": {"data": ["$env.UNSET", ""], "condition": "$py:shop:is_paid"},
                "cancel": {"include": ["$var.gone"], "fn": "$code:x"},
            }
        },
    }
    at = "flows.shop.destinations.klaviyo.config"
    head, *faults = error_of(write("flow.json", a_flow(config))).split("\n")
    assert head == "flow.json: 8 faults"
    assert sorted(fault.split()[0].removeprefix(f"{at}.") for fault in faults) == [
        "consent.marketing",
        "mapping.order.cancel.fn",
        "mapping.order.cancel.include[0]",
        "mapping.order.complete.condition",
        "mapping.order.complete.data[0]",
        "mapping.order.complete.data[1]",
        "settings.apiKey",
        "settings.emial",
    ]


def test_duplicate_keys_and_other_faults_stand_together(here):
    path = write("a.json", '{"id": "a", "id": "b", "settings": {"emial": "x"}}')
    assert error_of(path) == (
        "a.json: 2 faults\n"
        "  id  appears twice, and only the last counts; merge them into one\n"
        '  settings.emial  unknown key; did you mean "email"?'
    )


def test_warnings_have_their_place_in_the_flow(here):
    path = write("flow.json", a_flow({"loadScript": True, "mapping": {"a": {"b": {"skip": True}}}}))
    config = read_config(path, env={})
    at = "flows.shop.destinations.klaviyo"
    assert [(note.code, note.path) for note in config.warnings] == [
        ("config.no-meaning", f"{at}.before"),
        ("config.no-meaning", f"{at}.config.loadScript"),
        ("config.renamed", f"{at}.config.mapping.a.b.skip"),
    ]


def test_options_pick_the_destination(here):
    document = a_flow({"id": "first"})
    document["flows"]["test"] = {
        "destinations": {"k": {"package": KLAVIYO, "config": {"id": "second"}}}
    }
    path = write("flow.json", document)
    assert read_config(path, flow="test", env={}).id == "second"
    assert read_config(path, destination="klaviyo", env={}).id == "first"
    assert error_of(path) == (
        "flow.json: 1 fault\n"
        "  flows  2 destinations are Klaviyo's; pick one with "
        "--flow shop --destination klaviyo | --flow test --destination k"
    )


def test_a_file_error_is_a_config_error_and_survives_pickling(here):
    with pytest.raises(ConfigError) as caught:
        read_config("gone.toml", env={})
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (FileError, "gone.toml: no such file in this folder")


# --- a second file over it ------------------------------------------------------------------------

RULES = {
    "order": {"complete": {"name": "Order", "condition": "$code:(e) => e.data.total > 0"}},
    "page": {"view": {"ignore": True}},
}


def test_an_overlay_says_in_python_what_a_shared_flow_says_in_javascript(here):
    """Objects merge, null clears, anything else replaces; the rest of the flow counts."""
    write("shop_rules.py", "def is_paid(value, event):\n    return True\n")
    path = write("flow.json", a_flow({"consent": {"marketing": True}, "mapping": RULES}))
    over = write(
        "here.json",
        {
            "mapping": {
                "order": {"complete": {"condition": "$py:shop_rules:is_paid", "name": "Placed"}},
                "page": {"view": None},
            }
        },
    )
    config = read_config(path, overlay=over, allow_python=True, env={})
    assert [(rule.label, rule.name) for rule in config.rules] == [("order complete", "Placed")]
    assert config.consent == {"marketing"}


def test_a_fault_is_named_in_the_file_in_which_it_stands(here):
    """By that file's own path."""
    path = write("flow.json", a_flow({"mapping": RULES, "settings": {"emial": "x"}}))
    over = write("here.toml", '[settings]\ncurency = "EUR"\n[mapping.order.complete]\nnmae = "x"\n')
    at = "flow.json: flows.shop.destinations.klaviyo.config"
    line = '{"mapping": {"order": {"complete": {"condition": "$py:package.module:function"}}}}'
    assert error_of(path, overlay=over) == (
        "flow.json, here.toml: 4 faults\n"
        f"  {at}.mapping.order.complete.condition  $code: needs walkerOS's JavaScript bundler and "
        f"cannot work here; write it in Python: {line}, in a file for --overlay, with "
        "--allow-python\n"
        f'  {at}.settings.emial  unknown key; did you mean "email"?\n'
        '  here.toml: settings.curency  unknown key; did you mean "currency"?\n'
        '  here.toml: mapping.order.complete.nmae  unknown key; did you mean "name"?'
    )


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"settings": {"emial": "x"}}, "1 fault\n  settings.emial  unknown key; did you mean"),
        ({"settings": {"email": "$env.M"}}, "1 fault\n  settings.email  $env.M is not set"),
        ({"config": 7}, "1 fault\n  config  expected an object, got a number"),
        ([], "expected an object, got a list"),
        ('{"a": 1, "a": 2}', "2 faults\n  a  appears twice"),
        ("{", "1 fault\n  line 1, column 2  ends too early"),
        ({"version": 2, "flows": {}}, "1 fault\n  version  walkerOS's versions 3 and 4"),
    ],
)
def test_what_is_wrong_with_an_overlay_alone_is_said_of_it_alone(here, over, said):
    path = write("base.json", {"mapping": {}})
    assert error_of(path, overlay=write("over.json", over)).startswith(f"over.json: {said}")


def test_an_overlay_that_is_not_there_is_named(here):
    assert error_of(write("base.json", {}), overlay="gone.toml").startswith("gone.toml: no such")


def test_references_see_the_overlays_variables_first(here):
    """In both files: so one name may be another in each place where the flow runs."""
    config = {"settings": {"currency": "$var.currency"}, "id": "$var.id"}
    path = write("flow.json", a_flow(config) | {"variables": {"currency": "EUR", "id": "all"}})
    over = {"variables": {"currency": "CHF"}, "mapping": {"a": {"b": {"name": "In $var.currency"}}}}
    read = read_config(path, overlay=write("over.json", over), env={})
    assert read.id == "all"
    assert [rule.name for rule in read.rules] == ["In CHF"]
    assert read.settings.currency is not None
    assert read.settings.currency({}) == "CHF"


@pytest.mark.parametrize(
    "over",
    [
        {"id": "b"},
        {"config": {"id": "b"}},
        {"destinations": {"klaviyo": {"config": {"id": "b"}}}},
        {"version": 4, "flows": {"x": {"destinations": {"klaviyo": {"config": {"id": "b"}}}}}},
    ],
)
def test_an_overlay_may_have_any_of_the_shapes_of_a_configuration(here, over):
    path = write("flow.json", a_flow({"id": "a"}))
    assert read_config(path, overlay=write("over.json", over), env={}).id == "b"


def test_a_place_is_in_the_file_that_gave_it(here):
    """For findings and warnings, by the configuration's path or the whole file's."""
    path = write("flow.json", json.dumps(a_flow({"mapping": RULES}), indent=1))
    over = write("over.toml", '[settings]\n[mapping.order.complete]\n\nname = "x"\n')
    place_of = places_of(path, over, env={})
    assert place_of("mapping.order.complete.name") == ("over.toml", 4)
    assert place_of("mapping.order.complete.condition")[0] == "flow.json"
    at = "flows.shop.destinations.klaviyo.config"
    assert place_of(f"{at}.mapping.order.complete.name") == ("over.toml", 4)


def test_the_key_may_be_missing_in_an_overlay_too_where_nothing_is_sent(here):
    path = write("base.json", {"mapping": {}})
    over = write("over.json", {"settings": {"apiKey": "$env.KEY"}})
    assert read_config(path, overlay=over, env={}, needs_key=False).settings.api_key is None
    assert "$env.KEY is not set" in error_of(path, overlay=over)
    assert read_config(path, overlay=over, env={"KEY": "pk_1"}).settings.api_key == "pk_1"


def test_what_the_environment_gave_an_overlay_is_not_shown(here):
    path = write("base.json", {"mapping": {}})
    over = write("over.json", {"settings": {"currency": "$env.C"}})
    assert CANARY not in error_of(path, overlay=over, env={"C": CANARY})


# --- Python ---------------------------------------------------------------------------------------

MODULE = """
import math
def tidy(value, event):
    return "tidy"
def is_paid(value, event):
    return True
class Shop:
    @staticmethod
    def check(value, event):
        return False
RATE = 1.19
"""


@pytest.fixture
def modules(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module beside the configuration, and a `sys` that is put back afterwards."""
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry not in ("", str(here))])
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    write("shop_functions.py", MODULE)
    write("shop_breaks.py", f"raise RuntimeError({CANARY!r})")
    write("shop_exits.py", "raise SystemExit(3)")
    write("shop_escapes.py", "class Own(BaseException): ...\nraise Own")
    write("shop_leaves.py", "raise GeneratorExit")
    write("shop_lazy.py", "def __getattr__(name):\n raise SystemExit(0)")
    write("shop_lacks.py", "import a_module_that_is_nowhere")
    write("shop_marks.py", "from pathlib import Path\nPath('imported').touch()\ndef f(v, e): ...")
    return here


def test_functions_are_imported_with_leave(modules):
    rule = {
        "condition": "$py:shop_functions:is_paid",
        "data": {"map": {"A": {"fn": "$py:shop_functions:tidy"}}},
        "settings": {"value": {"key": "data.x", "validate": "$py:shop_functions:Shop.check"}},
    }
    path = write("a.json", {"mapping": {"a": {"b": rule}}})
    config = read_config(path, allow_python=True, env={})
    condition = config.rules[0].condition
    assert condition is not None
    assert condition.holds(None, {}, [])
    assert config.rules[0].data is not None
    assert config.rules[0].data({"name": "a b"}) == {"A": "tidy"}


def test_nothing_is_imported_without_leave(modules):
    path = write("a.json", {"data": {"fn": "$py:shop_marks:f"}})
    text = error_of(path)
    assert text == (
        "a.json: 1 fault\n"
        "  data.fn  $py:shop_marks:f names code to run; allow it with --allow-python"
    )
    assert not Path("imported").exists()
    assert "shop_marks" not in sys.modules
    assert str(modules) not in sys.path
    read_config(path, allow_python=True, env={})
    assert Path("imported").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$py:shop_nowhere:f", 'there is no module "shop_nowhere"; looked in '),
        ("$py:shop_functions.deep:f", 'there is no module "shop_functions.deep"; looked in '),
        ("$py:shop_functions:tidi", 'the module has no "tidi"; did you mean "tidy"?'),
        ("$py:shop_functions:Shop.no", 'the module has no "Shop.no"'),
        ("$py:shop_functions:RATE", "is a float, not a function (value, event)"),
        ("$py:shop_functions:math", "is a module, not a function (value, event)"),
        ("$py:shop_breaks:f", "importing the module raised RuntimeError"),
        ("$py:shop_exits:f", "importing the module raised SystemExit"),
        ("$py:shop_escapes:f", "importing the module raised Own"),
        ("$py:shop_leaves:f", "importing the module raised GeneratorExit"),
        ("$py:shop_lazy:f", "looking it up raised SystemExit"),
        (
            "$py:shop_lacks:f",
            'the module imports "a_module_that_is_nowhere", which is missing; install it',
        ),
        ("$py:shop_functions", 'is not spelled like "$py:package.module:function"'),
        ("$py:", 'is not spelled like "$py:package.module:function"'),
        ("$py:.shop:f", 'is not spelled like "$py:package.module:function"'),
        ("$py:shop_functions:f()", 'is not spelled like "$py:package.module:function"'),
    ],
)
def test_a_function_that_cannot_be_had_says_why(modules, text, message):
    fault = error_of(write("a.json", {"data": {"fn": text}}), allow_python=True)
    assert fault.startswith(f"a.json: 1 fault\n  data.fn  {text}")
    assert message in fault
    assert CANARY not in fault


@pytest.mark.parametrize("code", ["raise KeyboardInterrupt", "def __getattr__(name): {0}"])
def test_a_persons_stop_is_no_fault(modules, code):
    """Ctrl-C while a large module is imported."""
    write("shop_slow.py", code.format("raise KeyboardInterrupt"))
    with pytest.raises(KeyboardInterrupt):
        read_config(write("a.json", {"data": {"fn": "$py:shop_slow:f"}}), allow_python=True)


@pytest.mark.parametrize("allow_python", [True, False])
@pytest.mark.parametrize(
    ("config", "where"),
    [
        ({"data": "$py:shop_marks:f"}, "data"),
        ({"data": ["$py:shop_marks:f"]}, "data[0]"),
        ({"data": {"map": {"A": "$py:shop_marks:f"}}}, "data.map.A"),
    ],
)
def test_a_function_in_a_wrong_place_is_a_fault(modules, config, where, allow_python):
    assert error_of(write("a.json", config), allow_python=allow_python) == (
        f"a.json: 1 fault\n  {where}  $py: works only as condition, fn, validate; "
        'write {"fn": "$py:shop_marks:f"}'
    )
    assert not Path("imported").exists()


def test_the_environment_may_not_name_code(modules):
    path = write("a.json", {"data": {"fn": "$env.CODE"}})
    assert error_of(path, allow_python=True, env={"CODE": "$py:shop_marks:f"}) == (
        "a.json: 1 fault\n  data.fn  $py: may not come from the environment; write it into the file"
    )
    assert not Path("imported").exists()


def test_a_field_that_does_nothing_here_imports_nothing(modules):
    config = {"logger": {"fn": "$py:shop_marks:f"}}
    read_config(write("a.json", config), allow_python=True, env={})
    assert not Path("imported").exists()


# --- secrets --------------------------------------------------------------------------------------

ENV = {"KEY": CANARY, "BAD_KEY": f"canary {CANARY}", "MODULE": f"$py:{CANARY}:f"}


@pytest.mark.parametrize(
    "config",
    [
        {"settings": {"apiKey": "$secret.BAD_KEY"}},
        {"settings": {"apiKey": "$env.KEY", "emial": "$env.KEY"}},
        {"settings": {"apiKey": "$env.KEY", "currency": {"keys": "$secret.KEY"}}},
        {"include": ["$secret.KEY"], "id": 5},
        {"data": {"key": "$env.KEY..x"}},
        {"data": {"map": "$env.KEY"}},
        {"data": {"fn": "$env.MODULE"}},
        {"data": "$env.MODULE"},
        {"policy": {"a": "$env.KEY."}, "remove": "$secret.KEY"},
        {"mapping": {"a": {"b": {"name": "$env.KEY", "condition": "$secret.KEY"}}}},
        {"mapping": "$secret.KEY", "consent": "$secret.KEY", "batch": "$secret.KEY"},
        {"variables": {"key": "$secret.KEY"}, "id": "$var.key $var.key.x $var.keys"},
    ],
)
@pytest.mark.parametrize("allow_python", [True, False])
def test_a_secret_stands_in_no_error(here, config, allow_python):
    with pytest.raises(FileError) as caught:
        read_config(write("a.json", config), allow_python=allow_python, env=ENV)
    error = caught.value
    assert CANARY not in f"{error} {error!r} {error.args} {error.faults}"
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__


def test_a_secret_stands_in_no_warning_and_no_repr(here):
    path = write("a.json", {"settings": {"apiKey": "$env.KEY"}, "include": ["$secret.KEY"]})
    config = read_config(path, env=ENV)
    assert config.settings.api_key == CANARY
    assert CANARY not in repr(config)
    assert config.warnings[0].message.startswith('"$secret.KEY" is not a section')
