"""`launchlab fetch` and `launchlab check` without a network: the store, the findings, the exit codes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from launchlab.data.store.store import Asked, Store

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
        ((), "name the codes to fetch"),
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


def test_a_clean_folder_has_no_errors(market: Path) -> None:
    done = launchlab("check", "--prices", market / "bars")
    assert done.exit_code == 0, done.output
    assert "3 codes checked: 0 errors" in done.stdout


def test_a_finding_names_code_session_severity_fault_and_advice(market: Path) -> None:
    path = market / "bars" / "0700.HK.csv"
    path.write_text(path.read_text().replace("2026-02-12,550.00,", "2026-02-12,-550.00,"))
    done = launchlab("check", "0700.HK", "--prices", market / "bars", "--json")
    assert done.exit_code == 0
    found = [one for one in json.loads(done.stdout) if one["severity"] == "error"]
    assert {(one["code"], one["session"]) for one in found} == {("0700.HK", "2026-02-12")}
    assert set(found[0]) == {"code", "session", "severity", "fault", "advice"}
    assert "--bad-bars suspend" in done.stderr
    assert "non_positive" in launchlab("check", "--prices", market / "bars").stdout
    assert "1 code checked: " in launchlab("check", "2513.HK", "--prices", market / "bars").stdout
    assert launchlab("check", "--strict", "--prices", market / "bars").exit_code == 2
    assert launchlab("check", "2513.HK", "--strict", "--prices", market / "bars").exit_code == 0


def test_a_file_that_is_no_code_is_named_and_left_out_by_check_fetch_and_backtest(market: Path) -> None:
    (market / "bars" / "notes.csv").write_text("what,when\nlunch,noon\n")
    for words in (("check", "--prices", "bars"), fetch(*SPAN)):
        done = launchlab(*words)
        assert done.exit_code == 0, done.output
        assert "the file 'notes' in bars is left out" in done.stderr
    assert "3 codes checked" in launchlab("check", "--prices", "bars").stdout
    run = ("--launches", "week.csv", "--prices", "bars", "--benchmark", "none", "--json")
    assert json_of(launchlab("backtest", *run))["metrics"]["fills"] > 0


def test_a_folder_of_strangers_only_is_refused(market: Path) -> None:
    (market / "other").mkdir()
    (market / "other" / "notes.csv").write_text("what,when\n")
    said = faults(launchlab("check", "--prices", "other"))
    assert "no file in other is named after a code, only notes" in said
    assert "0700.HK.csv" in said


def test_a_place_without_bars_is_one_sentence(market: Path) -> None:
    assert "there is no such file or folder of bars" in faults(launchlab("check"))
    assert "no bars of 0701.HK" in faults(launchlab("check", "0701.HK", "--prices", market / "bars"))
    both = ("check", "--prices", market / "bars", "--store", market / "store")
    assert "not both" in faults(launchlab(*both))


def test_two_sources_of_a_code_are_compared_and_the_rule_that_picks_one_is_named(market: Path) -> None:
    launchlab(*fetch("2513.HK", *SPAN))
    store = Store(market / "store")
    mine = store.read("2513.HK")
    high = mine.high.copy()
    high[3] += 5.0
    other = replace(mine, high=high, source={"provider": "yahoo"})
    store.add(other, Asked(str(mine.sessions[0]), str(mine.sessions[-1]), "2026-08-01T00:00:00+00:00"))
    (row,) = json_of(launchlab("check", "--sources", "--json"))
    assert (row["code"], row["first"], row["second"]) == ("2513.HK", "files", "yahoo")
    assert row["common"] == row["equal_closes"] == len(mine)
    assert row["equal_bars"] == len(mine) - 1
    assert [one["field"] for one in row["differences"]] == ["high"]
    assert row["winner"] in ("files", "yahoo")
    assert "XHKG" in row["rule"]
    assert "equal closes" in launchlab("check", "--sources").stdout


def test_a_folder_has_no_second_source(market: Path) -> None:
    assert "is not a store" in faults(launchlab("check", "--sources", "--prices", "bars"))
