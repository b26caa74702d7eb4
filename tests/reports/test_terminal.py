"""A run in a terminal: plain when piped, readable in any encoding, inert."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from launchlab.reports.terminal import BLOCKS, print_place, print_run, sparkline

from ..markets.result_fixture import make_result


def printed(
    *, terminal: bool = False, encoding: str = "utf-8", hostile: bool = False, width: int = 100
) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    console = Console(file=file, force_terminal=terminal, width=width, highlight=False)
    print_run(make_result(sessions=60, launches=6, hostile=hostile), Path("runs/x"), console=console)
    file.flush()
    return raw.getvalue().decode(encoding)


def test_a_pipe_gets_no_colours() -> None:
    assert "\x1b" not in printed()


def test_a_terminal_gets_colours_unless_no_color_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[1;33m" in printed(terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "33m" not in printed(terminal=True)


def test_the_figures_and_the_way_to_the_report_are_there() -> None:
    text = printed()
    metrics = make_result(sessions=60, launches=6).summary["metrics"]
    assert "SIMULATED DATA" in text
    assert f"{metrics['sharpe']:.2f}".replace("-", "−") in text
    assert "index.html" in text


def test_a_run_named_after_its_strategy_is_named_once() -> None:
    assert printed().count("long-short") == 1


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk"])
def test_no_encoding_of_a_terminal_stops_the_summary(encoding: str) -> None:
    assert "Sharpe" in printed(encoding=encoding, hostile=True)


def test_names_cannot_colour_or_steer_the_terminal() -> None:
    assert "\x1b" not in printed(hostile=True)
    assert "\u202e" not in printed(hostile=True)
    told = io.StringIO()
    print_place(Path("\u202eruns\x1b]0;mine\x07"), console=Console(file=told))
    assert not set(told.getvalue()) & set("\u202e\x1b\x07")
    assert "runs" in told.getvalue()


@given(st.lists(st.floats(-1e9, 1e9), max_size=300), st.integers(1, 80))
def test_a_sparkline_fits_and_shows_the_ends_of_the_range(values: list[float], width: int) -> None:
    line = sparkline(values, width)
    assert len(line) == min(width, len(values))
    assert set(line) <= set(BLOCKS)


def test_a_rising_series_rises() -> None:
    assert sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8) == BLOCKS
