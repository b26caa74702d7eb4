"""docs/library.md is true and whole: its Python runs on the sample, and every public name stands in it."""

import ast
import doctest
import re
from pathlib import Path

import pytest

import launchlab as ll
from launchlab.cli.terminal.commands import COMMANDS

from .. import ROOT

PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.S | re.M)
FUNCTIONS = sorted(name for name in ll.__all__ if callable(getattr(ll, name)) and name[0].islower())
# What a reader meets as the argument or the result of a function, or in the README.
SHOWN_BESIDE = {
    "Launch", "Launches", "Panel", "PanelOptions", "Instruments", "Benchmark", "Brokerage", "Market", "MarketRequest",
    "Strategy", "NativeStrategy", "Result", "Sweep", "__version__",
}  # fmt: skip


@pytest.mark.slow
def test_the_python_of_the_page_runs_on_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec("\n".join(FENCES), {})
    assert {path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()} == {
        "three",
        "five",
        "sweep",
        "study",
        "compare",
    }


def test_every_public_name_stands_on_the_page() -> None:
    shown = set(re.findall(r"\bll\.(\w+)|`(\w+)`", PAGE))
    names = {name for pair in shown for name in pair if name}
    assert set(ll.__all__) - SHOWN_BESIDE <= names


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_of_a_public_function_is_true(name: str) -> None:
    """The names of the public interface stand for themselves in an example."""
    if name == "search":
        pytest.importorskip("optuna")
    function = getattr(ll, name)
    names = {each: getattr(ll, each) for each in ll.__all__} | function.__globals__
    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner()
    for example in finder.find(function, name, globs=names):
        runner.run(example)
    assert runner.summarize(verbose=False).failed == 0


def table_of_commands() -> dict[str, list[str]]:
    """Each command, and the public names that its row of the page's last table gives."""
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.M)
    return {command: re.findall(r"`ll\.(\w+)`", cell) for command, cell in rows}


def imported_by(command: str) -> set[str]:
    """Dotted modules that the file of a command imports from, below the package."""
    steps = COMMANDS[command][0].split(".")
    tree = ast.parse((ROOT / "cli" / f"{'/'.join(steps)}.py").read_text(encoding="utf-8"))
    up = 1 + len(steps)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == up]
    return {node.module or "" for node in nodes} | {
        f"{node.module}.{alias.name}" for node in nodes for alias in node.names
    }


def test_every_command_has_its_public_functions_on_the_page() -> None:
    table = table_of_commands()
    assert set(table) == set(COMMANDS), "give every command its row in the last table of docs/library.md"
    assert {name for names in table.values() for name in names} <= set(ll.__all__)
    readers = {
        "load_panel",
        "load_instruments",
        "load_sweep",
        "certainty",
        "open_auctions",
        "check_provider",
        "figure",
        "figures",
    }  # no command of their own
    assert set(FUNCTIONS) - readers == {name for names in table.values() for name in names}


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"completion"}))  # that is about a shell alone
def test_a_command_calls_the_module_of_its_public_functions(command: str) -> None:
    names = table_of_commands().get(command, [])
    files = {getattr(ll, name).__module__.partition(".")[2] for name in names}
    faces = {file.rpartition(".")[0] for file in files}
    assert imported_by(command) & (files | faces), (files, imported_by(command))


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ImportError, match="cannot import name 'Pannel'"):
        from launchlab.data.panel import Pannel  # noqa: F401
