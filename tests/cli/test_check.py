"""`launchlab check`: the findings in bars, two sources side by side, the exit codes."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from launchlab.data.store.store import Asked, Store

from ..markets.cli_fixture import faults, json_of, launchlab, write_market

FETCH = ("fetch", "--provider", "files", "--path", "bars", "--start", "2026-01-26", "--end", "2026-03-06")


@pytest.fixture
def market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCHLAB_STORE", str(tmp_path / "store"))
    return write_market(tmp_path)


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
    for words in (("check", "--prices", "bars"), FETCH):
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


def test_bars_of_sessions_that_are_not_over_are_named(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for day, found in (
        ("2026-03-04", [("2026-03-05", "2026-03-05 to 2026-03-06 (2 bars)")]),
        ("2026-03-06", []),
    ):
        monkeypatch.setattr(
            "launchlab.data.store.audit.last_final_day", lambda day=day: date.fromisoformat(day)
        )
        said = json_of(launchlab("check", "0700.HK", "--prices", market / "bars", "--json"))
        early = [one for one in said if one["fault"].startswith("not_final")]
        assert [(one["session"], one["fault"].split(": ")[1]) for one in early] == found
        assert all(one["severity"] == "warning" and day in one["fault"] for one in early)


def test_a_place_without_bars_is_one_sentence(market: Path) -> None:
    assert "there is no such file or folder of bars" in faults(launchlab("check"))
    assert "no bars of 0701.HK" in faults(launchlab("check", "0701.HK", "--prices", market / "bars"))
    both = ("check", "--prices", market / "bars", "--store", market / "store")
    assert "not both" in faults(launchlab(*both))


def test_two_sources_of_a_code_are_compared_and_the_rule_that_picks_one_is_named(market: Path) -> None:
    launchlab(*FETCH, "2513.HK")
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


def test_a_file_that_cannot_be_read_is_not_advised_to_be_suspended(market: Path) -> None:
    (market / "bars/0700.HK.csv").write_text("date,open,high,low,close,volume\n2026-02-12,n/a?,1,1,1,1\n")
    said = launchlab("check", "--prices", market / "bars")
    assert said.exit_code == 0
    assert "warning: 1 code could not be checked; mend what is named\n" in said.stderr
    assert "--bad-bars" not in said.stderr
