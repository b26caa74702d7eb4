"""A small market on disk and the command line run in this process, for the tests of the commands."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner, Result

from launchlab.cli import cli

LEDGER = """\
id,announced_at,precision,company,product,kind,codes,source
glm5,2026-02-12T01:18+08:00,exact,Zhipu,GLM-5,launch,2513.HK:pure_play;0700.HK:diversified,https://example.org/glm5
price,2026-02-20,date,Zhipu,GLM-5 price,pricing,2513.HK:pure_play,https://example.org/price
"""
# Hong Kong sessions: 16 February 2026 was a half-day, 17 to 19 February the Lunar New Year.
DAYS = [
    day
    for day in np.arange("2026-01-26", "2026-03-07", dtype="M8[D]")
    if np.is_busday(day) and str(day) not in ("2026-02-17", "2026-02-18", "2026-02-19")
]
# Code: level and tick at that level.
START = {"2513.HK": (340.0, 0.2), "0700.HK": (550.0, 0.5), "3033.HK": (5.5, 0.01)}


def launchlab(*args: object) -> Result:
    """`launchlab ARGS`, its output, and its exit code."""
    return CliRunner().invoke(cli, [str(arg) for arg in args], prog_name="launchlab")


def json_of(result: Result) -> Any:
    """The JSON on stdout of a command that ended well."""
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def faults(result: Result) -> str:
    """The one sentence of a user's fault: exit code 2, nothing on stdout, no traceback."""
    assert result.exit_code == 2, (result.exit_code, result.output, result.exception)
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    return result.stderr


def write_market(folder: Path) -> Path:
    """A folder with bars (a slow saw tooth on the tick grid) and week.csv, a ledger; returns it."""
    bars = folder / "bars"
    bars.mkdir()
    for code, (level, tick) in START.items():
        rows = ["date,open,high,low,close,volume"]
        for k, day in enumerate(DAYS):
            close = round(level + tick * (k % 7), 2)
            rows.append(f"{day},{level:.2f},{close + tick:.2f},{level - tick:.2f},{close:.2f},5000000")
        (bars / f"{code}.csv").write_text("\n".join(rows) + "\n")
    (folder / "week.csv").write_text(LEDGER)
    return folder


def asked(folder: Path) -> tuple[str, ...]:
    """The options that name the market of `write_market`."""
    return ("--launches", str(folder / "week.csv"), "--prices", str(folder / "bars"))
