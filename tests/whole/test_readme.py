"""The README is true: its commands and its Python run on the sample, print what it says, and every command is there.

`<!-- run -->` above a fence runs its `$` lines in a folder that holds the `<!-- file: NAME -->` fences; `slow` makes
that a slow test, `search` one that needs the extra of that name. The lines below a command must be among what it prints; `…` stands for anything.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

import launchlab as ll
from launchlab.cli import cli
from launchlab.cli.terminal.commands import COMMANDS
from launchlab.data.ledger import launch
from launchlab.data.rules.brokerage import Brokerage
from launchlab.engine.legs import Reason
from launchlab.engine.results.result import COLUMNS

from .. import ROOT
from ..markets.cli_fixture import faults, launchlab

README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"(?:^<!-- (?P<mark>[^\n]*) -->\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.S | re.M)


@dataclass(frozen=True)
class Fence:
    """One fenced block: the comment above it, its language, its text."""

    mark: str
    kind: str
    text: str


FENCES = [Fence(one["mark"] or "", one["kind"], one["text"]) for one in FENCE.finditer(README)]
QUICK = [one for one in FENCES if one.mark == "run"]
SLOW = [one for one in FENCES if one.mark == "run, slow"]
SEARCH = [one for one in FENCES if one.mark == "run, slow, search"]
(EXAMPLE,) = [one for one in FENCES if one.mark == "python"]


def dialogue(fence: Fence) -> list[tuple[list[str], list[str]]]:
    """Words of each command of a fence, with the lines that stand under it."""
    parts: list[tuple[list[str], list[str]]] = []
    for line in fence.text.splitlines():
        if line.startswith("$ "):
            parts.append((shlex.split(line[2:], comments=True), []))
        else:
            parts[-1][1].append(line)
    return parts


def first_words(fence: Fence) -> str:
    return " ".join(dialogue(fence)[0][0])


def is_among(wanted: str, printed: list[str]) -> bool:
    """Whether the pieces of a line between its `…` stand in this order in one printed line."""
    pieces = [" ".join(piece.split()) for piece in wanted.split("…")]
    pattern = ".*".join(re.escape(piece) for piece in pieces)
    return any(re.search(pattern, " ".join(line.split())) for line in printed)


def hold(fence: Fence) -> None:
    """Run a fence's commands; each must end well and print the lines under it."""
    for words, lines in dialogue(fence):
        assert words[0] == "launchlab"
        done = launchlab(*words[1:])
        assert done.exit_code == 0, (words, done.output, done.exception)
        for line in lines:
            assert is_among(line, done.output.splitlines()), (words, line, done.output)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the README's files, and no store but the one that a command names."""
    for fence in FENCES:
        if fence.mark.startswith("file: "):
            path = tmp_path / fence.mark.removeprefix("file: ")
            path.parent.mkdir(exist_ok=True)
            path.write_text(fence.text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCHLAB_STORE", str(tmp_path / "own-store"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.mark.parametrize("fence", QUICK, ids=first_words)
def test_a_quick_example_prints_what_the_readme_says(folder: Path, fence: Fence) -> None:
    hold(fence)


@pytest.mark.slow
@pytest.mark.parametrize("fence", SLOW, ids=first_words)
def test_a_slow_example_prints_what_the_readme_says(folder: Path, fence: Fence) -> None:
    hold(fence)


@pytest.mark.slow
@pytest.mark.parametrize("fence", SEARCH, ids=first_words)
def test_an_example_of_a_search_prints_what_the_readme_says(folder: Path, fence: Fence) -> None:
    pytest.importorskip("optuna")
    hold(fence)


def test_the_python_example_backtests_the_week(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = []
    monkeypatch.setattr(ll, "write_report", lambda result, place: written.append(place))
    exec(EXAMPLE.text, {})
    assert "2513.HK" in capsys.readouterr().out
    assert written == ["runs/long-short-5"]


@pytest.mark.slow
def test_the_python_example_writes_its_report(folder: Path) -> None:
    exec(EXAMPLE.text, {})
    assert (folder / "runs" / "long-short-5" / "index.html").is_file()


def test_every_command_stands_in_the_readme_with_an_example() -> None:
    shown = [words for one in FENCES if one.kind == "console" for words, _ in dialogue(one)]
    for name in COMMANDS:
        assert any(words[1] == name for words in shown), f"no example of launchlab {name}"
        assert f"`{name}" in README, f"{name} is not in the table of commands"
    for parts in (["launches", "list"], ["launches", "map"], ["report", "compare"]):
        assert any(words[1:3] == parts for words in shown), f"no example of launchlab {' '.join(parts)}"


def test_every_option_in_an_example_exists() -> None:
    for one in FENCES:
        for words, _ in dialogue(one) if one.kind == "console" else ():
            command = cli.get_command(click.Context(cli), words[1])
            if isinstance(command, click.Group):
                command = command.get_command(click.Context(command), words[2])
            assert command is not None
            known = {name for option in command.params for name in option.opts}
            assert {word for word in words if word.startswith("--")} <= known, words


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_the_columns_of_every_table_are_those_written(table: str) -> None:
    assert f"| `{table}.csv` | `{','.join(COLUMNS[table])}`" in README


def test_ledger_words_and_reasons_are_all_explained() -> None:
    for word in (*launch.COLUMNS, *launch.KINDS, *launch.LAUNCH_ROLES):
        assert f"`{word}`" in README, word
    for reason in Reason:
        assert re.search(rf"\b{reason.label}\b", README), reason


def test_every_column_of_an_instrument_is_explained(folder: Path) -> None:
    (folder / "bad.csv").write_text("code,colour\n0700.HK,red\n", encoding="utf-8")
    said = faults(launchlab("rules", "0700.HK", "--on", "2026-02-12", "--instruments", "bad.csv"))
    for column in said.strip().partition("columns are ")[2].split(", "):
        assert f"`{column}`" in README, column


def test_every_key_of_a_run_file_is_explained() -> None:
    page = ROOT / "docs" / "run-file.md"
    if not page.is_file():
        pytest.skip("an unpacked source archive has no docs")
    for model in (ll.Config, Brokerage):
        for key in model.model_fields:
            assert re.search(rf"^{key} = ", page.read_text(encoding="utf-8"), re.M), key


def test_links_lead_to_files_of_the_repository() -> None:
    if not (ROOT / "docs").is_dir():
        pytest.skip("an unpacked source archive has no docs")
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), f"{page.name}: {target}"
