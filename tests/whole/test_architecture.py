"""What may import what, where import-linter's layers do not reach."""

import ast
import re
from pathlib import Path

import pytest

from launchlab.cli.terminal.commands import COMMANDS
from launchlab.engine.machine import place

from .. import ROOT

HOUSES = ("cli", "data", "engine", "library", "reports", "strategies")
SOURCES = sorted(path for house in HOUSES for path in (ROOT / house).rglob("*.py"))
NATIVE = ("book", "broker", "money", "orders", "plug", "script", "where")
STEPPING = ("at_once", "feeds", "filters", "loop", "warmup")
ONLY_IN = {
    "backtrader": {
        "engine/backtrader/broker.py",
        "engine/backtrader/feeds.py",
        "engine/backtrader/steps.py",
        *(f"engine/backtrader/native/{name}.py" for name in NATIVE),
        *(f"engine/backtrader/native/stepping/{name}.py" for name in STEPPING),
    },
    "quantstats": {"reports/tearsheet.py"},
    "yfinance": {"data/providers/yahoo.py"},
}


def imported(path: Path) -> set[str]:
    """Modules that a file imports, relative ones with their dots."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_foreign_engine_is_imported_in_one_place(library: str) -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in (*SOURCES, *ROOT.glob("*.py"))
        if any(name.split(".")[0] == library for name in imported(path))
    }
    assert users == ONLY_IN[library]


def test_nothing_below_the_command_line_imports_it() -> None:
    for path in SOURCES:
        if path.is_relative_to(ROOT / "cli"):
            continue
        assert not any(name.strip(".").startswith("cli") for name in imported(path)), path


def test_sources_import_each_other_relatively() -> None:
    for path in (*SOURCES, *ROOT.glob("*.py")):
        assert not any(name.split(".")[0] == "launchlab" for name in imported(path)), path


def test_the_cache_of_compiled_code_belongs_to_every_file_that_has_some() -> None:
    """A file left out of place.SOURCES would change without its old code being forgotten."""
    with_code = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if path.is_relative_to(ROOT / "engine") and any(name.endswith(".njit") for name in imported(path))
    }
    assert with_code
    assert with_code <= {path.relative_to(ROOT).as_posix() for path in place.source_files(ROOT)}
    assert all((ROOT / name).exists() for name in place.SOURCES)


DECORATORS = {"compiled", "inlined", "allocating"}


def compiled_functions() -> dict[str, int]:
    """Every function with one of the decorators of engine/njit.py, and how many arguments it has."""
    return {
        f"{path.relative_to(ROOT).as_posix()}: {node.name}": len(node.args.args) + len(node.args.kwonlyargs)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and any(getattr(one, "id", "") in DECORATORS for one in node.decorator_list)
    }


def test_no_compiled_function_has_more_than_seven_arguments() -> None:
    """What belongs together is handed over as a named record: a `Turn`, a `Queue`, `Answers`."""
    functions = compiled_functions()
    assert functions["engine/compiled/orders.py: enter"] == 6
    assert {name: count for name, count in functions.items() if count > 7} == {}


def test_code_is_compiled_by_the_three_decorators_alone() -> None:
    """Others would leave out the cache's folder, the interpreter's lock or numpy's division."""
    others = ("njit", "jit", "vectorize", "guvectorize", "generated_jit")
    users = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (
            isinstance(node, ast.Attribute)
            and node.attr in others
            and getattr(node.value, "id", "") == "numba"
        )
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "numba"
            and {a.name for a in node.names} & set(others)
        )
    }
    assert users == {"engine/machine/code.py"}


FLAG = re.compile(r"(?<![\w!-])--[a-z]")
COMMAND = re.compile(rf"\blaunchlab (?:{'|'.join(COMMANDS)})\b")


@pytest.mark.parametrize("house", ["data", "engine", "reports", "strategies"])
def test_only_the_command_line_names_flags_and_commands(house: str) -> None:
    """Below it a message names a parameter in backticks, which cli/terminal/words.py turns into the flag of the command."""
    found = [
        (path.relative_to(ROOT).as_posix(), node.lineno, node.value)
        for path in SOURCES
        if path.is_relative_to(ROOT / house)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if FLAG.search(node.value) or COMMAND.search(node.value)
    ]
    assert found == []
