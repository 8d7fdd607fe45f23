"""Are two values the same JSON?

`5` is `5.0` and the order of keys is nothing, but `true` is not `1`, which Python's `==` cannot
tell apart. Used wherever a test compares what was meant with what would be sent.
"""

from __future__ import annotations


def same_json(left: object, right: object) -> bool:
    """Equal as JSON values, all the way down.

    >>> same_json({"a": 5, "b": [True]}, {"b": [True], "a": 5.0})
    True
    >>> same_json({"a": 1}, {"a": True}), same_json([0], [False]), same_json([1], [1, 2])
    (False, False, False)
    >>> same_json("1", 1), same_json(None, 0), same_json({}, []), same_json({"a": None}, {})
    (False, False, False, False)
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    return type(left) is type(right) and left == right
