"""What is printed on a terminal is read there, never obeyed."""

import json
import re
from pathlib import Path

import pytest

import launchlab
from launchlab.cli.terminal.echo import printable

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
