"""What `meta.patch_properties` does to a profile, alone and in an import."""

import pytest
from klaviyo_api import KlaviyoAPI

from walkeros_klaviyo.sandbox import accept
from walkeros_klaviyo.sandbox.serve import running

ADA = {"email": "ada@example.com"}
ROW = "/data/attributes/profiles/data/0"


def _patching(make, patch, **attributes):
    return make.profile(**ADA, **attributes) | {"meta": {"patch_properties": patch}}


@pytest.mark.parametrize("kind", ["upsert", "import"])
@pytest.mark.parametrize(
    ("before", "patch", "after"),
    [
        ({}, {"append": {"skus": "A"}}, {"skus": ["A"]}),
        ({"skus": ["A"]}, {"append": {"skus": ["B", 3]}}, {"skus": ["A", "B", 3]}),
        ({"skus": "A"}, {"append": {"skus": "B"}}, {"skus": ["A", "B"]}),
        ({"skus": ["A"]}, {"append": {"skus": "A"}}, {"skus": ["A", "A"]}),
        ({"skus": ["A", "B", "A"]}, {"unappend": {"skus": "A"}}, {"skus": ["B"]}),
        ({"skus": ["A", "B"]}, {"unappend": {"skus": ["A", "B"]}}, {"skus": []}),
        ({"a": 1}, {"unappend": {"skus": "A"}}, {"a": 1}),
        ({"a": 1, "b": 2, "c": 3}, {"unset": "a"}, {"b": 2, "c": 3}),
        ({"a": 1, "b": 2, "c": 3}, {"unset": ["a", "c", "d"]}, {"b": 2}),
        ({"a": 1}, {"append": None, "unappend": None, "unset": None}, {"a": 1}),
        (
            {"a": ["x"], "b": ["y"], "c": 1},
            {"append": {"a": "z"}, "unappend": {"b": "y"}, "unset": "c"},
            {"a": ["x", "z"], "b": []},
        ),
    ],
    ids=str,
)
def test_properties_are_patched(sandbox, post, make, kind, before, patch, after):
    post(sandbox, "upsert", make.upsert(make.profile(**ADA, properties=before)))
    row = _patching(make, patch)
    body = {"upsert": make.upsert, "import": make.job}[kind](row)
    assert post(sandbox, kind, body).status in (200, 202)
    (profile,) = sandbox.profiles()
    assert profile["attributes"]["properties"] == after


def test_what_is_set_is_set_before_it_is_patched(sandbox, post, make):
    row = _patching(make, {"append": {"a": "y"}, "unset": "b"}, properties={"a": ["x"], "b": 1})
    post(sandbox, "upsert", make.upsert(row))
    assert sandbox.profiles()[0]["attributes"]["properties"] == {"a": ["x", "y"]}


@pytest.mark.parametrize(
    ("patch", "where"),
    [
        ({"append": "skus"}, "/append"),
        ({"append": ["skus"]}, "/append"),
        ({"append": {"skus": {"a": 1}}}, "/append/skus"),
        ({"append": {"skus": ["A", ["B"]]}}, "/append/skus"),
        ({"append": {"sk/us": None}}, "/append/sk~1us"),
        ({"unappend": {"skus": [None]}}, "/unappend/skus"),
        ({"unset": 1}, "/unset"),
        ({"unset": ["a", 1]}, "/unset/1"),
        ({"set": {"a": 1}}, "/set"),
    ],
    ids=str,
)
def test_a_bad_patch_is_refused(make, patch, where):
    row = _patching(make, patch)
    found = accept.upsert(make.upsert(row))
    assert [issue.pointer for issue in found] == [f"/data/meta/patch_properties{where}"]
    found = accept.import_row(row, 0)
    assert [issue.pointer for issue in found] == [f"{ROW}/meta/patch_properties{where}"]


@pytest.mark.parametrize("unset", ["old", ["old", "older"]], ids=str)
def test_the_sdk_patches_as_it_was_meant(sandbox, make, unset):
    patch = {"append": {"skus": ["B"]}, "unappend": {"tags": "x"}, "unset": unset}
    first = make.upsert(make.profile(**ADA, properties={"tags": ["x", "y"], "old": 1}))
    alone, many = make.upsert(_patching(make, patch)), make.job(_patching(make, patch))
    with running(sandbox) as url:
        profiles = KlaviyoAPI("pk_test", test_host=url).Profiles
        profiles.create_or_update_profile(first)
        profiles.create_or_update_profile(alone)
        profiles.bulk_import_profiles(many)
    assert [request["body"] for request in sandbox.requests()] == [first, alone, many]
    (profile,) = sandbox.profiles()
    assert profile["attributes"]["properties"] == {"tags": ["y"], "skus": ["B", "B"]}
