"""Does a test notice each small change to the pure parts? `python -m tests.mutation.run [module …]`

mutmut makes the mutants; this runs them. mutmut's own runner collects the tests anew for each
mutant and sends every call through a trampoline; here they are collected once, and each mutant
is a fork whose function got another code object, so that a thousand mutants take minutes.
"""

from __future__ import annotations

import ast
import gc
import importlib
import inspect
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "walkeros_klaviyo"
TESTS = {
    "core": ["tests/core"],
    "document": ["tests/document", "tests/shell/test_config_files.py"],
    "delivery": ["tests/delivery"],
    "verify.questions": ["tests/verify/questions"],
    "verify.losses": ["tests/verify/test_lost.py"],
    "verify": [
        "tests/verify/test_seeded_faults.py",
        "tests/verify/test_clean_shops.py",
        "tests/verify/test_losses.py",
        "tests/verify/test_masking.py",
        "tests/verify/test_account.py",
        "tests/verify/test_sample.py",
    ],
}
"""By the beginning of a module's name; the first that fits. What a question decides is judged by
the tests that call its functions: a whole check takes a second, and a mutant would need many."""
LEFT_OUT = [
    "tests/core/test_purity.py",
    "tests/core/test_diagnostics.py",
    "tests/delivery/test_model.py",
    "tests/delivery/test_laws.py",
]
FOLDER = ROOT / "mutants"
PATIENCE = 5
"""A test may take so many seconds, and so many times what it took."""
AT_ONCE = 2
BUDGETS = {"verify": 60.0}
BUDGET = 8.0
"""Seconds of CPU for a mutant's tests: what survives them counts as survived. Those come first that
call the most functions of its module for their time. A test of `verify` checks a whole
configuration and takes a second."""


def source_of(module: str) -> Path:
    return PACKAGE / f"{module.replace('.', '/')}.py"


def part_of(module: str) -> str:
    """By which its tests are found."""
    return next(part for part in TESTS if f"{module}.".startswith(f"{part}."))


def mutants_of(module: str) -> dict[str, FunctionType]:
    """Every mutant by its name, and the original as `…__mutmut_orig`."""
    target = FOLDER / f"{module}.py"
    source = source_of(module)
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        from mutmut.mutation.file_mutation import mutate_file_contents

        mutated = mutate_file_contents(str(source), source.read_text("utf-8"))
        target.write_text(mutated.code, "utf-8")
    names: dict[str, Any] = {
        "__name__": f"walkeros_klaviyo.{module}",
        "__package__": f"walkeros_klaviyo.{module.rpartition('.')[0]}",
    }
    exec(compile(target.read_text("utf-8"), str(source), "exec"), names)
    classes = [one for one in names.values() if isinstance(one, type)]
    ours = [one for one in classes if one.__module__ == names["__name__"]]
    return {
        name: found
        for space in (names, *map(vars, ours))
        for name, found in space.items()
        if "__mutmut_" in name and isinstance(found, FunctionType)
    }


def function_of(module: str, mutant: str) -> FunctionType:
    """The function that a mutant stands in for: `x_name` or `xǁClassǁname`."""
    found: Any = importlib.import_module(f"walkeros_klaviyo.{module}")
    base = mutant.rpartition("__mutmut_")[0]
    for name in base.split("ǁ")[1:] if "ǁ" in base else [base.removeprefix("x_")]:
        found = inspect.getattr_static(found, name)
    if isinstance(found, property):
        found = found.fget
    found = getattr(found, "__func__", found)
    return inspect.unwrap(found)


def where_of(function: FunctionType) -> str:
    return f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}"


class Runner:
    """Runs in the place of pytest's loop, with the tests collected.

    `early`: what was called while they were; what it made then knows of no mutant.
    """

    def __init__(self, modules: list[str]) -> None:
        self.early: set[str] = set()
        self.modules = modules
        self.took: dict[str, float] = {}

    def look(self, frame: Any, event: str, _: Any) -> None:
        if event == "call":
            self.early.add(f"{frame.f_code.co_filename}:{frame.f_code.co_firstlineno}")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        sys.setprofile(None)
        items = {item.nodeid: item for item in session.items}
        gc.collect()
        gc.freeze()
        hits = self.calls(items)
        for module in self.modules:
            self.judge(module, items, hits)
        return True

    def calls(self, items: dict[str, pytest.Item]) -> dict[str, list[str]]:
        """Which tests call which function, the quickest first; known ones are not asked again."""
        FOLDER.mkdir(exist_ok=True)
        told = FOLDER / "calls.json"
        known = json.loads(told.read_text()) if told.exists() else {}
        stamps = {name: stamp_of(item.path) for name, item in items.items()}
        fresh = [one for one in items if known.get(one, {}).get("stamp") != stamps[one]]
        if fresh and not (child := os.fork()):
            quiet()
            for name in fresh:
                known[name] = {"stamp": stamps[name], **look_at(items[name])}
            told.write_text(json.dumps(known))
            os._exit(0)
        if fresh:
            os.waitpid(child, 0)
            known = json.loads(told.read_text())
        bad = [name for name in items if not known[name]["calls"] and known[name]["failed"]]
        print(f"{len(items)} tests, left out as they fail: {bad}", flush=True)
        self.took = {name: known[name]["took"] for name in items}
        found = defaultdict(list)
        for name in sorted(items, key=self.took.__getitem__):
            for where in known[name]["calls"]:
                found[where].append(name)
        return found

    def judge(self, module: str, items: dict[str, pytest.Item], hits: dict[str, list[str]]) -> None:
        start, results, running = time.time(), {}, {}
        budget = BUDGETS.get(part_of(module), BUDGET)
        mutants = mutants_of(module)
        file = f"{source_of(module)}:"
        own = Counter(one for where in hits if where.startswith(file) for one in hits[where])
        todo = [name for name in mutants if not name.endswith("_orig")]
        while todo or running:
            while todo and len(running) < AT_ONCE:
                name = todo.pop(0)
                function = function_of(module, name)
                names = hits.get(where_of(function), [])
                names = sorted(names, key=lambda one: self.took[one] / own[one])
                tests = [items[one] for one in names]
                if not tests:
                    results[name] = "no test"
                elif child := os.fork():
                    running[child] = name
                else:
                    run(function, mutants[name], tests, self.took, budget)
            if running:
                child, status = os.wait()
                results[running.pop(child)] = outcome(status)
        left = [one for one, told in results.items() if told in ("survived", "no test")]
        left = [one for one in left if where_of(function_of(module, one)) in self.early]
        same = next(one for one in mutants if one.endswith("_orig"))
        if left and afresh(module, same) != "survived":
            raise SystemExit(f"{module}: its tests fail without a mutant")
        for name in left:
            results[name] = afresh(module, name)
        count = defaultdict(int)
        for one in results.values():
            count[one] += 1
        took = time.time() - start
        print(f"{module:22} {len(results):4} {dict(count)} {took:.0f}s", flush=True)
        (FOLDER / f"{module}.json").write_text(json.dumps({"s": took, "results": results}))


def stamp_of(path: Path) -> float:
    """Of a test's file, what it shares with others, and the sources: whatever changed last."""
    shared = [one for one in path.parent.glob("*.py") if not one.name.startswith("test_")]
    return max(one.stat().st_mtime for one in [path, *shared, *PACKAGE.rglob("*.py")])


def look_at(item: pytest.Item) -> dict[str, Any]:
    """Run one test: how long it took, and which of our functions it called, if it passed."""
    seen: set[CodeType] = set()

    def look(frame: Any, event: str, _: Any) -> None:
        if event == "call":
            seen.add(frame.f_code)

    start = time.process_time()
    sys.setprofile(look)
    reports = runtestprotocol(item, log=False, nextitem=None)
    sys.setprofile(None)
    took = time.process_time() - start
    failed = any(one.failed for one in reports)
    ours = [one for one in seen if one.co_filename.startswith(str(PACKAGE)) and not failed]
    calls = sorted(f"{one.co_filename}:{one.co_firstlineno}" for one in ours)
    return {"took": took, "failed": failed, "calls": calls}


def put_in(function: FunctionType, mutant: FunctionType) -> None:
    function.__code__ = mutant.__code__.replace(co_name=function.__code__.co_name)
    function.__defaults__ = mutant.__defaults__


def afresh(module: str, name: str) -> str:
    """In a process of its own, in which the module is the mutant's from its import on."""
    command = [sys.executable, "-m", "tests.mutation.run", "--afresh", module, name]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=600, cwd=ROOT)
    except subprocess.TimeoutExpired:
        return "timeout"
    return "killed" if done.returncode else "survived"


class Afresh(SourceFileLoader):
    """Finds and loads one module with a mutant in the place of its function."""

    def __init__(self, module: str, mutant: str) -> None:
        super().__init__(f"walkeros_klaviyo.{module}", str(source_of(module)))
        self.mutant = mutant
        self.mutated = ast.parse((FOLDER / f"{module}.py").read_text("utf-8"))

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        return spec_from_file_location(name, loader=self) if name == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        tree = ast.parse(Path(self.path).read_text("utf-8"))
        base = self.mutant.rpartition("__mutmut_")[0]
        *owner, own = base.split("ǁ")[1:] if "ǁ" in base else [base.removeprefix("x_")]
        (found,) = _defined(self.mutated, self.mutant)
        place = _defined(tree, owner[0])[0] if owner else tree
        (old,) = (one for one in place.body if getattr(one, "name", None) == own)
        old.args, old.body = found.args, found.body
        return compile(tree, self.path, "exec")


def _defined(within: ast.AST, name: str) -> list[Any]:
    return [one for one in ast.walk(within) if getattr(one, "name", None) == name]


def run(
    function: FunctionType,
    mutant: FunctionType,
    tests: list[pytest.Item],
    took: dict[str, float],
    budget: float,
) -> None:
    """In a child: put the mutant in, and stop at the first test that fails."""
    quiet()
    put_in(function, mutant)
    for item in tests:
        budget -= took[item.nodeid]
        if budget < 0:
            break
        signal.alarm(PATIENCE + int(PATIENCE * took[item.nodeid]))
        if any(one.failed for one in runtestprotocol(item, log=False, nextitem=None)):
            os._exit(1)
    os._exit(0)


def outcome(status: int) -> str:
    if os.WIFSIGNALED(status):
        return "timeout" if os.WTERMSIG(status) == signal.SIGALRM else "crash"
    return "killed" if os.WEXITSTATUS(status) else "survived"


def quiet() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


OPTIONS = ["-q", "-s", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib"]


def arguments(modules: list[str]) -> list[str]:
    """For pytest: the tests of these modules' parts."""
    parts = sorted(set(map(part_of, modules)))
    tests = [one for part in parts for one in TESTS[part]]
    return [*OPTIONS, *(f"--ignore={one}" for one in LEFT_OUT), *tests]


def main(modules: list[str]) -> int:
    runner = Runner(modules)
    sys.setprofile(runner.look)
    return int(pytest.main(arguments(modules), plugins=[runner]))


def main_afresh(module: str, name: str) -> int:
    """The tests that speak most of the module come first."""
    sys.meta_path.insert(0, Afresh(module, name))
    part, word = part_of(module), module.rpartition(".")[2]
    whole = arguments([module])
    files = [file for one in TESTS[part] for file in sorted((ROOT / one).glob("test_*.py"))]
    told = {str(file): file.read_text("utf-8").count(word) for file in files}
    near = sorted(filter(told.__getitem__, told), key=told.__getitem__, reverse=True)
    first = pytest.main(["-x", *whole[: -len(TESTS[part])], *near]) if near else 0
    return int(first or pytest.main(["-x", *whole]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--afresh"]:
        sys.exit(main_afresh(*sys.argv[2:]))
    every = [
        ".".join(one.relative_to(PACKAGE).with_suffix("").parts)
        for part in ("core", "document", "delivery")
        for one in sorted((PACKAGE / part).rglob("[!_]*.py"))
    ]
    sys.exit(main(sys.argv[1:] or every))
