"""A run in January 2027, of which no calendar library knows a session yet."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import launchlab as ll
from launchlab.data.errors import CalendarError, DataError
from launchlab.data.panel import fx

from ..markets.cli_fixture import faults, json_of, launchlab

# Weekdays without Christmas and New Year, from before the published end to 2027-01-22.
DAYS = [
    day
    for day in pd.bdate_range("2026-12-07", "2027-01-22").strftime("%Y-%m-%d")
    if day not in ("2026-12-25", "2027-01-01")
]
LEDGER = (
    "id,announced_at,precision,company,product,kind,codes,source\n"
    "early,2027-01-06T08:00+08:00,exact,Zhipu,A,launch,2513.HK:pure_play;0700.HK:diversified,https://example.org\n"
    "late,2027-01-08T20:00+08:00,exact,Zhipu,B,launch,2513.HK:pure_play;0700.HK:diversified,https://example.org\n"
)
SAID = "15 sessions from 2027-01-04 on are not in the published calendars and are taken from the bars"


def prices(first: float) -> list[float]:
    """A price that goes up and down by a fiftieth, on the tick of every height."""
    return [round(first * (1.0 + 0.02 * (k % 3)), 2) for k in range(len(DAYS))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bars = tmp_path / "bars"
    bars.mkdir()
    for code, price in (("2513.HK", 400.0), ("0700.HK", 500.0), ("3033.HK", 5.0)):
        lines = [f"{day},{p},{p},{p},{p},1000000" for day, p in zip(DAYS, prices(price), strict=True)]
        (bars / f"{code}.csv").write_text("date,open,high,low,close,volume\n" + "\n".join(lines) + "\n")
    (tmp_path / "week.csv").write_text(LEDGER)
    return tmp_path


def asked(folder: Path) -> tuple[object, ...]:
    return ("--launches", folder / "week.csv", "--prices", folder / "bars")


def test_it_runs_on_both_engines_fills_on_the_days_that_bars_prove_and_says_so(folder: Path) -> None:
    out = folder / "run"
    done = launchlab("backtest", *asked(folder), "--set", "hold=1", "--verify", "--out", out)
    assert done.exit_code == 0, done.output
    assert "verified: both engines give the same" in done.stderr
    assert SAID in done.stderr
    fills = pd.read_csv(out / "fills.csv")
    entries = fills[fills["reason"] == "entry"]
    assert set(entries[entries["launch"] == "early"]["session"]) == {"2027-01-06"}
    assert set(entries[entries["launch"] == "late"]["session"]) == {"2027-01-11"}, "news of a Friday evening"
    page = (out / "index.html").read_text(encoding="utf-8")
    assert SAID in page
    assert any(
        SAID in text
        for text in json_of(launchlab("backtest", *asked(folder), "--out", folder / "again", "--json"))[
            "unknowns"
        ]
    )


def test_it_may_be_asked_for_by_name_and_the_summary_keeps_it(folder: Path) -> None:
    out = folder / "run"
    done = launchlab("backtest", *asked(folder), "--calendar", "from-bars", "--out", out)
    assert done.exit_code == 0, done.output
    assert SAID in (out / "index.html").read_text(encoding="utf-8")
    assert "--calendar from-bars" in (out / "summary.json").read_text(encoding="utf-8")
    other = ("--calendar", "from-bars", "--set", "hold=2", "--out", folder / "longer")
    assert launchlab("backtest", *asked(folder), *other).exit_code == 0
    done = launchlab("report", "compare", out, folder / "longer", "--out", folder / "both")
    assert done.exit_code == 0, done.output
    assert SAID in (folder / "both" / "index.html").read_text(encoding="utf-8")
    assert launchlab("runs", folder, "--page").exit_code == 0
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert page.count("some sessions taken from the bars") == 2


def test_only_published_sessions_can_be_asked_for(folder: Path) -> None:
    said = faults(launchlab("backtest", *asked(folder), "--calendar", "published", "--out", folder / "run"))
    assert "outside the sessions known for XHKG" in said
    assert "add the year with --calendar years.csv" in said


def test_a_file_s_year_is_the_calendar_and_days_that_it_closes_are_no_sessions(folder: Path) -> None:
    path = folder / "years.csv"
    path.write_text("exchange,day,kind,closed\nXHKG,2027,year,2027-01-01\n")
    market = ll.load_market(launches=folder / "week.csv", prices=folder / "bars", calendar=path)
    assert market.warnings == ()
    assert str(market.panel.sessions[-1]) == "2027-01-22"
    path.write_text("exchange,day,kind,closed\nXHKG,2027,year,2027-01-01;2027-01-06\n")
    with pytest.raises(DataError, match=r"0700\.HK 2027-01-06 error: not_a_session"):
        ll.load_market(launches=folder / "week.csv", prices=folder / "bars", calendar=path)


def test_a_year_that_has_only_begun_counts_its_part_of_the_last_known_one(folder: Path) -> None:
    market = ll.load_market(launches=folder / "week.csv", prices=folder / "bars")
    # 18 sessions of Hong Kong's 247 from 2026-12-07 on, and 15 of 2027.
    assert market.panel.years == pytest.approx((18 + 15) / 247)
    assert market.panel.until(20).calendar == market.panel.calendar


def test_a_weekend_proves_nothing(folder: Path) -> None:
    path = folder / "bars" / "0700.HK.csv"
    path.write_text(path.read_text() + "2027-01-23,500,500,500,500,1000\n")
    with pytest.raises((DataError, CalendarError), match="2027-01-23"):
        ll.load_market(launches=folder / "week.csv", prices=folder / "bars")


def test_a_study_and_a_check_run_too(folder: Path) -> None:
    done = launchlab(
        "study", *asked(folder), "--estimation", "-18:-6", "--no-clock", "--out", folder / "study"
    )
    assert done.exit_code == 0, done.output
    assert SAID in done.stderr
    assert SAID in (folder / "study" / "index.html").read_text(encoding="utf-8")
    assert launchlab("runs", folder, "--page").exit_code == 0
    assert "some sessions taken from the bars" in (folder / "index.html").read_text(encoding="utf-8")
    assert launchlab("check", "--prices", folder / "bars").exit_code == 0


@pytest.mark.slow
def test_a_sweep_runs_too(folder: Path) -> None:
    done = launchlab("sweep", *asked(folder), "--grid", "hold=1:2", "--out", folder / "sweep")
    assert done.exit_code == 0, done.output
    assert SAID in (folder / "sweep" / "index.html").read_text(encoding="utf-8")
    assert launchlab("runs", folder, "--page").exit_code == 0
    assert "some sessions taken from the bars" in (folder / "index.html").read_text(encoding="utf-8")


def test_both_markets_have_the_sessions_of_their_own_bars(folder: Path) -> None:
    """Hong Kong is shut on 2027-01-20 of this test, Shanghai is not."""
    hong_kong = pd.read_csv(folder / "bars" / "0700.HK.csv")
    shanghai = hong_kong.assign(**dict.fromkeys(("open", "high", "low", "close"), 20.0))
    frames = {"0700.HK": hong_kong[hong_kong["date"] != "2027-01-20"], "600519.SS": shanghai}
    options = ll.PanelOptions(fx=_rates(folder))
    panel = ll.load_panel(["0700.HK", "600519.SS"], prices=frames, options=options)
    opened = dict(zip(panel.exchanges, panel.exchange_open[panel.row("2027-01-20")].tolist(), strict=True))
    assert opened == {"XHKG": False, "XSHG": True, "XSHE": True, "XBSE": True}
    assert panel.exchange_open[panel.row("2027-01-21")].all()
    assert np.isfinite(panel.limit_up[-1, panel.column("600519.SS")])


def _rates(folder: Path) -> Path:
    path = folder / "rates.csv"
    path.write_text("date,HKDCNY\n" + "".join(f"{day},0.9\n" for day in DAYS))
    return path


def test_where_the_shipped_rates_have_ended_both_markets_run_on_a_file_of_rates(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shipped table ends on 2026-07-31 of this test: a mixed run of January says so, and what to give."""
    with zipfile.ZipFile(folder / "shipped.zip", "w") as archive:
        archive.writestr("rates.csv", "Date,USD,CNY,HKD,\n2026-07-31,1.1,7.9,8.6,\n2026-07-30,1.1,7.9,8.6,\n")
    monkeypatch.setattr("currency_converter.CURRENCY_FILE", str(folder / "shipped.zip"))
    monkeypatch.setattr(fx, "_ecb", fx._ecb.__wrapped__)
    shanghai = pd.read_csv(folder / "bars" / "0700.HK.csv")
    shanghai.loc[:, ["open", "high", "low", "close"]] = 20.0
    shanghai.to_csv(folder / "bars" / "600519.SS.csv", index=False)
    mixed = LEDGER.replace("0700.HK:diversified", "600519.SS:diversified")
    (folder / "week.csv").write_text(mixed)
    said = faults(launchlab("backtest", *asked(folder), "--out", folder / "run"))
    assert (
        "covers 2026-07-30 to 2026-07-31; give a newer file of rates with --fx, or change the dates" in said
    )
    assert not (folder / "run").exists()
    found = json_of(
        launchlab("backtest", *asked(folder), "--fx", _rates(folder), "--out", folder / "run", "--json")
    )
    assert found["metrics"]["fills"] > 0


def test_the_command_shows_a_year() -> None:
    done = launchlab("calendar", "--exchange", "XHKG", "--year", "2026")
    assert done.stdout.startswith("XHKG 2026: 247 sessions, known until 2026-12-31 (exchange_calendars ")
    assert "  half-days: 2026-02-16, 2026-12-24, 2026-12-31\n" in done.stdout
    (row,) = json_of(launchlab("calendar", "--exchange", "XSHG", "--year", "2026", "--json"))
    assert (row["exchange"], len(row["sessions"])) == ("XSHG", 242)
    assert "is no exchange we know (did you mean 'XHKG'?)" in faults(
        launchlab("calendar", "--exchange", "XHK")
    )
    assert (
        "add the year with a file of --calendar"
        in launchlab("calendar", "--exchange", "XHKG", "--year", "2027").stdout
    )
