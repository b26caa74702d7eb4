"""Tables on stdout: whole words on a narrow terminal, one line a row in a pipe."""

import re
from functools import partial

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from launchlab.cli.terminal.tables import print_table

SENTENCE = "an explanation that is a good deal longer than any narrow terminal can show"
ROWS = [("2026-02-12", "long-short", SENTENCE), ("2026-03-02", "buy-launch", SENTENCE)]


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 50 columns."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr("rich.console.Console", partial(Console, force_terminal=True, width=50))


@pytest.mark.usefixtures("narrow")
def test_only_sentences_are_folded_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("session", "strategy", "why"), ROWS)
    lines = shown(capsys)
    assert max(map(len, lines)) <= 50
    assert all(any(word in line for line in lines) for row in ROWS for word in row[:2])
    assert sum("explanation" in line for line in lines) == 2


@pytest.mark.usefixtures("narrow")
def test_a_terminal_too_narrow_for_the_words_gets_whole_words_on_longer_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table([f"column {k}" for k in range(8)], [[f"2026-02-1{k}" for k in range(8)]])
    lines = shown(capsys)
    assert [line.split() for line in lines][-1] == [f"2026-02-1{k}" for k in range(8)]


def as_rich_prints(
    columns: tuple[str, ...], rows: list[tuple[str, ...]], right: tuple[str, ...]
) -> list[str]:
    """The same table by the library that draws it on a terminal, on one that is very wide."""
    console = Console(width=4_000)
    table = Table(box=None, pad_edge=False, show_edge=False)
    for name in columns:
        table.add_column(Text(name), justify="right" if name in right else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    with console.capture() as text:
        console.print(table)
    return [line.rstrip() for line in text.get().splitlines()]


@pytest.mark.parametrize("right", [(), ("cost", "公司")])
def test_a_pipe_gets_what_the_library_of_the_terminal_would_print(
    capsys: pytest.CaptureFixture[str], right: tuple[str, ...]
) -> None:
    columns = ("code", "公司", "cost", "why")
    rows = [
        ("0700.HK", "腾讯控股", "12.5", ""),
        ("688158.SS", "UCloud 优刻得", "1,000", "first line\nsecond, 第二行"),
        ("x", "é – ‘quoted’ → 5 %", "", "…"),
    ]
    print_table(columns, rows, right=right)
    assert shown(capsys) == as_rich_prints(columns, rows, right)
    print_table(columns, [], right=right)
    assert shown(capsys) == as_rich_prints(columns, [], right)


def test_a_pipe_gets_one_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("session", "strategy", "why"), ROWS)
    lines = shown(capsys)
    assert len(lines) == 3
    assert lines[1].endswith(SENTENCE)
