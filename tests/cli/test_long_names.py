"""Names that no file system holds: every option that takes a path says so in one sentence and ends with 2."""

import pytest

from ..markets.cli_fixture import launchlab

LONG = "x" * 300
COMMANDS = (
    ("runs", LONG), ("report", LONG), ("report", "compare", LONG, LONG), ("backtest", "--out", LONG), ("backtest", "--out", f"a/{LONG}/b"),
    ("study", "--out", LONG), ("sweep", "--grid", "hold=1:3", "--out", LONG), ("check", LONG), ("backtest", "--prices", LONG),
    ("backtest", "--launches", LONG), ("backtest", "--instruments", LONG), ("backtest", "--fx", LONG), ("backtest", "--config", LONG),
    ("backtest", "--strategy", f"{LONG}.py:A"), ("sweep", "--strategy", f"{LONG}.py:A", "--grid", "a=1:3"), ("strategies", f"{LONG}.py:A"),
    ("launches", "list", "--launches", LONG), ("fetch", "0700.HK", "--from", LONG),
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(words)[:30])
def test_a_name_too_long_for_a_file_is_one_sentence(command: tuple[str, ...]) -> None:
    done = launchlab(*command)
    assert done.exit_code == 2, done.output
    (fault,) = [
        line for line in done.output.splitlines() if line.startswith("launchlab:") and "brokerage" not in line
    ][-1:]
    assert "bug in launchlab" not in done.output
    assert "Traceback" not in done.output
    assert len(fault) > 20
