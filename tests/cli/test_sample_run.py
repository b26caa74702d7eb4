"""A fresh machine: the first command with nothing given, and the first lines of Python."""

import json
from pathlib import Path

import pytest

from ..markets.cli_fixture import LEDGER, launchlab

EXAMPLE = """
import launchlab as ll
launches = ll.load_launches("launches.csv")
panel    = ll.load_panel(launches.codes, "2025-01-02", "2026-07-17", currency="HKD")
result   = ll.backtest(ll.strategies.LongShort(hold=5), launches, panel, ll.Config(capital=10_000_000))
ll.write_report(result, "runs/long-short-5")
"""


def test_the_first_command_runs_the_sample_and_calls_it_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = launchlab("backtest")
    assert done.exit_code == 0, done.output
    assert "SIMULATED" in done.stdout
    (run,) = (tmp_path / "runs").iterdir()
    assert f"runs/{run.name}/index.html" in done.stdout
    summary = json.loads((run / "summary.json").read_text())
    assert summary["simulated"] is True
    assert summary["benchmark"] == "3033.HK"
    assert summary["command"] == "launchlab backtest"
    assert summary["metrics"]["fills"] > 20
    for page in ("index.html", "tearsheet.html"):
        assert "simulated" in (run / page).read_text().lower()


def test_json_alone_on_stdout_still_says_simulated_on_stderr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("launchlab.reports.run._write_pages", lambda *_: None)
    done = launchlab("backtest", "--strategy", "suppliers", "--json", "--limit-policy", "opened")
    assert json.loads(done.stdout)["simulated"] is True
    assert (
        json.loads(done.stdout)["command"] == "launchlab backtest --strategy suppliers --limit-policy opened"
    )
    assert "SIMULATED" in done.stderr


def test_the_first_lines_of_python_write_a_run_and_write_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "launches.csv").write_text(LEDGER)
    exec(EXAMPLE, {})
    files = {one.name: one.read_bytes() for one in (tmp_path / "runs" / "long-short-5").iterdir()}
    assert {"fills.csv", "index.html", "tearsheet.html", "summary.json"} <= set(files)
    exec(EXAMPLE, {})
    assert {one.name: one.read_bytes() for one in (tmp_path / "runs" / "long-short-5").iterdir()} == files
