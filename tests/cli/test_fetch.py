"""`launchlab fetch` without a network: what is stored, what is kept, the exit codes."""

from pathlib import Path

import pytest

from ..markets.cli_fixture import faults, json_of, launchlab, write_market

SPAN = ("--start", "2026-01-26", "--end", "2026-03-06")


@pytest.fixture
def market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCHLAB_STORE", str(tmp_path / "store"))
    return write_market(tmp_path)


def fetch(*args: object) -> tuple[object, ...]:
    """Words of a fetch from the files of the market's own folder."""
    return ("fetch", *args, "--provider", "files", "--path", "bars")


def test_the_codes_of_a_ledger_are_fetched_and_then_backtested_from_the_store(market: Path) -> None:
    done = launchlab(*fetch("--launches", market / "week.csv", *SPAN))
    assert done.exit_code == 0, done.output
    assert "2 fetched, 0 kept, 0 failed" in done.stdout
    assert str(market / "store") in done.stdout
    assert done.output.count("2513.HK    fetched") == 1
    assert done.stderr == ""
    run = ("--launches", market / "week.csv", "--prices", market / "store", "--benchmark", "none", "--json")
    assert json_of(launchlab("backtest", *run))["metrics"]["fills"] > 0


def test_what_is_stored_is_kept(market: Path) -> None:
    assert launchlab(*fetch("2513.HK", *SPAN)).exit_code == 0
    report = json_of(launchlab(*fetch("2513.HK", *SPAN, "--json")))
    assert (report["fetched"], report["kept"], report["failed"]) == (0, 1, 0)
    assert report["store"] == str(market / "store")


def test_a_failure_is_told_and_loses_nothing_of_the_others(market: Path) -> None:
    done = launchlab(*fetch("2513.HK", "0005.HK", *SPAN))
    assert done.exit_code == 2
    assert "has no file for 0005.HK" in done.stdout
    assert "1 of 2 codes failed" in done.stderr
    assert launchlab("check", "2513.HK").exit_code == 0


def test_a_whole_folder_is_imported_when_no_code_is_named(market: Path) -> None:
    done = launchlab(*fetch(*SPAN))
    assert "3 fetched, 0 kept, 0 failed" in done.stdout
    assert launchlab("check").exit_code == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--start", "soon"), "is not a day"),
        (("2513.HK", "--start", "soon"), "is not a day"),
        (("2513.HK", "--start", "2026-03-01", "--end", "2026-02-01"), "before it starts"),
        (("251x.HK",), "251X.HK"),
        (("2513.HK", "--provider", "yaho"), "did you mean 'yahoo'"),
        (("--launches", "nope.csv"), "nope.csv cannot be read"),
        (("2513.HK", "--provider", "files"), "give both or neither"),
        (("2513.HK", "--provider", "files", "--path", "nowhere"), "does not exist"),
        (("2513.HK", "--store", "week.csv"), "week.csv is a file; give a folder with --store"),
    ],
)
def test_a_fetch_that_makes_no_sense_is_one_sentence(market: Path, args: tuple[str, ...], said: str) -> None:
    assert said in faults(launchlab("fetch", *args))
