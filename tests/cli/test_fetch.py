"""`launchlab fetch` without a network: what is stored, what is kept, the exit codes."""

import json
from pathlib import Path

import pytest

import launchlab as ll
from launchlab.data.calendars.sessions import sessions

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


def test_each_code_s_answers_are_told_when_they_are_asked_for(market: Path) -> None:
    asked = fetch("0005.HK", "0006.HK", *SPAN)
    brief, whole = launchlab(*asked), launchlab(*asked, "-v")
    assert "0005.HK    failed   not from files" in brief.stdout
    assert "0005.HK    failed   not from files" not in whole.stdout
    for code in ("0005.HK", "0006.HK"):
        assert whole.stdout.count(f"has no file for {code}") == 1


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


NAMED = (
    "ts_code,name,start_date,end_date\n"
    "600606.SH,绿地控股,20150818,20260208\n"
    "600606.SH,ST绿地,20260209,20260227\n"
    "600606.SH,绿地退,20260228,\n"
)


def test_names_by_day_end_what_a_run_had_to_assume_and_say_where_they_come_from(tmp_path: Path) -> None:
    """5 % under a risk warning: 10.50 from 10.00 is the limit of an ST share and no limit of another."""
    bars, place = tmp_path / "bars", tmp_path / "store"
    bars.mkdir()
    days = [str(day) for day in sessions("XSHG", "2026-01-26", "2026-03-06")]
    price = {day: 10.5 if day == "2026-02-12" else 10.0 for day in days}
    rows = [f"{day},{price[day]},{price[day]},{price[day]},{price[day]},5000000" for day in days]
    (bars / "600606.SS.csv").write_text("date,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    (tmp_path / "names.csv").write_bytes(NAMED.encode("gb18030"))
    (tmp_path / "week.csv").write_text(
        "id,announced_at,precision,company,product,kind,codes,source\n"
        "one,2026-02-11T20:00+08:00,exact,A,B,launch,600606.SS:pure_play,https://example.org\n"
    )
    asked = ("fetch", "600606.SS", "--path", bars, "--store", place, *SPAN)
    run = ("--launches", tmp_path / "week.csv", "--prices", place, "--currency", "CNY", "--benchmark", "none")
    found = {}
    for name, more in (("unheard", ()), ("named", ("--names", tmp_path / "names.csv"))):
        assert launchlab(*asked, *more).exit_code == 0
        out = tmp_path / name
        done = launchlab("backtest", *run, "--set", "hold=1", "--out", out)
        assert done.exit_code == 0, done.output
        found[name] = json.loads((out / "summary.json").read_text(encoding="utf-8")), done.output
    unheard, named = (summary for summary, _ in found.values())
    assert any("600606.SS: " in text and "ST spells unknown" in text for text in unheard["unknowns"])
    assert not any("ST spells" in text for text in named["unknowns"])
    assert "rest on an assumed status" in found["unheard"][1]
    assert "rest on an assumed status" not in found["named"][1]
    assert (unheard["metrics"]["blocked"], named["metrics"]["blocked"]) == (0, 1), "locked at 10.50"
    blocks = (tmp_path / "named" / "blocks.csv").read_text(encoding="utf-8")
    assert "2026-02-12" in blocks
    assert "limit_up" in blocks
    (row,) = ll.load_panel(["600606.SS"], prices=place, currency="CNY").instruments
    assert [(str(one.first), str(one.last)) for one in row.st] == [("2026-02-09", "2026-02-27")]
    assert [str(one.first) for one in row.delisting] == ["2026-02-28"]
    assert "names: names of names.csv" in row.source


def test_minutes_that_no_source_keeps_fail_with_a_sentence_that_says_how_far_back_it_goes(
    market: Path,
) -> None:
    asked = ("fetch", "2513.HK", "--minutes", "5", "--launches", market / "week.csv", "--provider", "yahoo")
    done = launchlab(*asked)
    assert done.exit_code == 2, done.output
    assert "Yahoo keeps bars of 5 minutes for 59 days" in done.stdout
    assert "1 of 1 codes failed" in done.stderr
    told = json.loads(launchlab(*asked, "--json").stdout)
    assert told["codes"][0]["tried"][0]["source"] == "yahoo"
