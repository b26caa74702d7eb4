"""What is printed on a terminal is read there, never obeyed."""

import io
import json
import re
from pathlib import Path

import pytest

import launchlab
from launchlab.cli.terminal.echo import echo, printable, spoken

CLI = Path(launchlab.__file__).parent / "cli"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b[2Jgone", "\\u001b[2Jgone"),
        ("\x9b31m", "\\u009b31m"),
        ("a\rb", "a\\rb"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("b\udce9rs", "b\\udce9rs"),
        ("\U000e0041", "\\udb40\\udc41"),
        ("one\ntwo −1 智谱 é", "one\ntwo −1 智谱 é"),
    ],
)
def test_characters_that_command_a_terminal_are_written_out(said: str, shown: str) -> None:
    assert printable(said) == shown


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp936", "cp437", "utf-8", "utf-16-le"])
def test_no_code_page_stops_a_sentence(encoding: str) -> None:
    said = "−1 – 2 — 3 · 4 × 5 → 6 … ≤ 7 智谱 é \U0001f600"
    shown = spoken(said, encoding)
    assert shown.encode(encoding).decode(encoding) == shown
    assert (shown == said) == encoding.startswith("utf")
    assert json.loads(f'"{spoken(said, encoding, data=True)}"') == said


@pytest.mark.parametrize("encoding", ["cp1252", "cp936"])
def test_echo_reaches_a_console_of_any_code_page(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr("sys.stdout", told)
    echo("−1 % → é")
    told.flush()
    found = told.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    assert found.split()[0] == "-1"


def test_json_stays_json() -> None:
    value = {"name": "\x1b]0;x\x07\x9b\u202e\U000e0041 智谱"}
    assert json.loads(printable(json.dumps(value, ensure_ascii=False))) == value


def test_every_command_prints_through_the_one_way_to_a_terminal() -> None:
    """Only the table of commands prints by itself: its own words, and help."""
    direct = {
        path.name
        for path in CLI.rglob("*.py")
        if re.search(r"click\.s?echo\(|(?<![\w.])print\(", path.read_text())
    }
    assert direct == {"__init__.py", "echo.py"}
