"""Minute bars from the command line: checked beside daily ones, named in a run's file and in its summary."""

import json
from pathlib import Path

import pytest

from ..data.minutes.test_beside import DAILY, LEDGER
from ..markets.cli_fixture import faults, launchlab
from ..markets.minute_files import HEAD, session_text


@pytest.fixture(autouse=True)
def market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("bars", "minutes"):
        Path(name).mkdir()
    Path("bars/600589.SS.csv").write_text(DAILY)
    Path("bars/600000.SS.csv").write_text(DAILY)
    Path("minutes/600589_15min.csv").write_text(HEAD + session_text("2026-02-09", first=10.0, last=10.6))
    Path("launches.csv").write_text(LEDGER)
    return tmp_path


def test_check_holds_minutes_against_daily_bars() -> None:
    done = launchlab("check", "--prices", "bars", "--minutes", "minutes")
    assert "1 code checked: 0 errors" in done.stdout
    path = Path("minutes/600589_15min.csv")
    path.write_text(path.read_text().replace("11:30", "11:44"))
    done = launchlab(
        "check", "--prices", "bars", "--minutes", "minutes", "--minute-stamps", "end", "--strict"
    )
    assert done.exit_code == 2
    assert "minute_hours: a bar stamped 11:44 is not one of the 15-minute bars" in done.stdout
    path.write_text("time,open\n")
    done = launchlab("check", "600589", "--prices", "bars", "--minutes", "minutes", "--json")
    assert [one["fault"].split(":")[0] for one in json.loads(done.stdout) if one["severity"] == "error"] == [
        "not_checked"
    ]


def test_check_of_minutes_without_daily_bars_is_a_mistake() -> None:
    Path("minutes/600589_15min.csv").rename("minutes/600001_15min.csv")
    assert "minute bars of none of the codes" in faults(
        launchlab("check", "--prices", "bars", "--minutes", "minutes")
    )


def test_a_run_file_names_minutes_beside_it_and_the_summary_tells_them() -> None:
    Path("run.toml").write_text(
        '[data]\nlaunches = "launches.csv"\nprices = "bars"\nminutes = "minutes"\ncurrency = "CNY"\nbenchmark = "none"\n'
        'universe = "none"\n[strategy]\nname = "buy-launch"\n'
    )
    done = launchlab("backtest", "--config", "run.toml", "--out", "run", "--no-tearsheet")
    assert done.exit_code == 0, done.stderr
    summary = json.loads(Path("run/summary.json").read_text())
    assert summary["inputs"]["minutes"] == "minutes"
    assert "minute_stamps" not in summary["inputs"]
    assert "--minutes minutes" in summary["command"]
    told = [one for one in summary["data"] if "minutes" in one]
    assert [(one["code"], one["minutes"], one["source"]) for one in told] == [
        ("600589.SS", 15, "600589_15min.csv")
    ]
