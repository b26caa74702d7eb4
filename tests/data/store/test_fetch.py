"""Fetching many codes: resumable, one failure alone, and only finished sessions."""

import datetime as dt
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pytest

from launchlab.data.bars.bars import Bars, bars_from_columns
from launchlab.data.calendars.hours import last_final_day
from launchlab.data.calendars.sessions import sessions
from launchlab.data.errors import FetchError
from launchlab.data.instruments.table import Instrument, load_instruments
from launchlab.data.patience import Patience
from launchlab.data.providers.choose import make_provider
from launchlab.data.providers.files import Files
from launchlab.data.providers.provider import Gives, gives
from launchlab.data.store.audit import check_prices
from launchlab.data.store.fetch import fetch
from launchlab.data.store.store import Store

TABLE = load_instruments()
SPAN = (date(2026, 2, 2), date(2026, 2, 13))


@dataclass
class Memory:
    """A provider with a flat price, which fails for the codes in `broken` and notes every question."""

    broken: tuple[str, ...] = ()
    name: str = "memory"
    price: float = 50.0
    parallel: int = 2
    asked: list[tuple[str, date, date]] = field(default_factory=list)
    closed: int = 0
    gives: Gives = field(default_factory=lambda: gives(dict.fromkeys(("XHKG", "XSHG", "XSHE"), "bars")))

    def bars(self, instrument: Instrument, start: date, end: date) -> Bars:
        self.asked.append((instrument.code, start, end))
        if instrument.code in self.broken:
            raise FetchError(f"{instrument.code}: no such code; check it")
        days = sessions(instrument.exchange, start, end)
        columns = dict.fromkeys(("open", "high", "low", "close"), np.full(len(days), self.price))
        columns |= {"date": days, "volume": np.arange(1.0, len(days) + 1)}
        return bars_from_columns(instrument.code, columns, {"provider": self.name})

    def close(self) -> None:
        self.closed += 1


def run(provider, tmp_path, *codes, span=SPAN, **options):
    return fetch([TABLE[code] for code in codes], span, provider=provider, store=Store(tmp_path), **options)


def test_one_failure_loses_nothing_of_the_others_and_progress_counts_all(tmp_path):
    provider, seen = Memory(broken=("9999.HK",)), []
    report = run(
        provider,
        tmp_path,
        "0700.HK",
        "9999.HK",
        "688158.SS",
        on_progress=lambda done, total, outcome: seen.append((done, total, outcome.status)),
    )
    assert [one.status for one in report.outcomes] == ["fetched", "failed", "fetched"]
    assert not report.complete
    assert Store(tmp_path).codes() == ("0700.HK", "688158.SS")
    assert [(done, total) for done, total, _ in seen] == [(1, 3), (2, 3), (3, 3)]
    assert str(report).endswith("2 fetched, 0 kept, 1 failed")
    assert provider.closed == 1


def test_a_second_run_asks_only_for_what_failed(tmp_path):
    run(Memory(broken=("9999.HK",)), tmp_path, "0700.HK", "9999.HK")
    again = Memory()
    report = run(again, tmp_path, "0700.HK", "9999.HK")
    assert [one.status for one in report.outcomes] == ["kept", "fetched"]
    assert [code for code, *_ in again.asked] == ["9999.HK"]


def test_a_code_asked_twice_is_fetched_once(tmp_path):
    provider = Memory()
    assert len(run(provider, tmp_path, "0700.HK", "0700.HK").outcomes) == 1
    assert len(provider.asked) == 1


def test_a_disjoint_span_closes_the_hole_between(tmp_path):
    provider = Memory()
    run(provider, tmp_path, "0700.HK", span=(date(2026, 1, 5), date(2026, 1, 9)))
    run(provider, tmp_path, "0700.HK", span=(date(2026, 2, 2), date(2026, 2, 6)))
    assert provider.asked[1] == ("0700.HK", date(2026, 1, 10), date(2026, 2, 6))
    run(provider, tmp_path, "0700.HK", span=(date(2025, 12, 1), date(2025, 12, 5)))
    assert provider.asked[2] == ("0700.HK", date(2025, 12, 1), date(2026, 1, 4))
    stored = Store(tmp_path).read("0700.HK")
    assert np.array_equal(stored.sessions, sessions("XHKG", "2025-12-01", "2026-02-06"))


def test_a_refresh_asks_again_and_reports_a_changed_past(tmp_path):
    run(Memory(), tmp_path, "0700.HK")
    report = run(Memory(price=51.0), tmp_path, "0700.HK", refresh=True)
    assert report.outcomes[0].revision.changed == 10
    assert "the past changed: 10 changed" in report.outcomes[0].message


def test_faults_are_counted_at_the_door_and_named_by_the_audit(tmp_path):
    report = run(Memory(price=50.005), tmp_path, "688158.SS")
    assert report.outcomes[0].revision.errors == 10
    assert (
        f"; 10 errors in the bars: `ll.check('688158.SS', prices='{tmp_path}')` says which"
        in report.outcomes[0].message
    )
    ((code, findings),) = check_prices(Store(tmp_path), instruments=TABLE)
    assert code == "688158.SS"
    assert {finding.kind for finding in findings} == {"off_tick"}


def test_one_fault_is_one_error(tmp_path):
    report = run(Memory(price=50.005), tmp_path, "688158.SS", span=(date(2026, 2, 2), date(2026, 2, 2)))
    assert "; 1 error in the bars" in report.outcomes[0].message


def test_the_audit_holds_one_source_against_the_other(tmp_path):
    run(Memory(), tmp_path, "688158.SS")
    run(Memory(name="yahoo", price=50.5), tmp_path, "688158.SS")
    ((_, findings),) = check_prices(tmp_path, ["688158.SS"], instruments=TABLE)
    assert {finding.kind for finding in findings} == {"disagrees"}
    assert len(findings) == 40


def test_a_code_that_the_rule_book_does_not_know_ends_in_its_own_finding(tmp_path):
    row = "date,open,high,low,close,volume\n2026-02-12,10,10,10,10,1000\n"
    for stem in ("600519.SS", "777777.SS", "920047.BJ"):
        (tmp_path / f"{stem}.csv").write_text(row)
    (tmp_path / "000001.SZ.csv").write_text(
        "date,open,high,low,close,volume\n2026-02-12,n/a?,10,10,10,1000\n"
    )
    found = dict(check_prices(tmp_path, instruments=TABLE))
    assert list(found) == ["000001.SZ", "600519.SS", "777777.SS", "920047.BJ"]
    assert "n/a?" in found["000001.SZ"][0].fault
    assert [one.severity for one in found["777777.SS"]] == ["error"]
    assert "not_checked: 777777.SS: no board of XSHG starts with 777" in found["777777.SS"][0].fault
    assert not any(one.severity == "error" for one in found["920047.BJ"])


def test_a_file_without_bars_and_one_of_another_century_end_in_their_own_findings(tmp_path):
    heading = "date,open,high,low,close,volume\n"
    (tmp_path / "600519.SS.csv").write_text(heading)
    (tmp_path / "0700.HK.csv").write_text(
        heading + "2026-02-12,500,500,500,500,1000\n2062-02-13,500,500,500,500,1000\n"
    )
    found = dict(check_prices(tmp_path, instruments=TABLE))
    assert [one.fault.split("; ")[0] for one in found["600519.SS"]] == [
        f"not_checked: {tmp_path / '600519.SS.csv'} has a heading and no bars"
    ]
    assert ("2062-02-13", "error", "not_a_session") in [
        (one.session, one.severity, one.kind) for one in found["0700.HK"]
    ]


def test_today_counts_only_after_six_in_the_evening_china_time():
    china = dt.timezone(dt.timedelta(hours=8))
    assert last_final_day(dt.datetime(2026, 2, 12, 17, 59, tzinfo=china)) == date(2026, 2, 11)
    assert last_final_day(dt.datetime(2026, 2, 12, 18, 0, tzinfo=china)) == date(2026, 2, 12)
    assert last_final_day(dt.datetime(2026, 2, 12, 17, 0, tzinfo=dt.UTC)) == date(2026, 2, 12)


def test_a_span_turned_round_and_an_unknown_provider_are_refused(tmp_path):
    with pytest.raises(FetchError, match="swap `start` and `end`"):
        run(Memory(), tmp_path, "0700.HK", span=(SPAN[1], SPAN[0]))
    with pytest.raises(Exception, match="did you mean 'yahoo'"):
        make_provider("yaho", Patience())


def test_a_file_newest_first_has_no_faults_and_two_bars_of_a_session_are_refused(tmp_path):
    rows = [
        "2026-02-10,10,10.1,9.9,10,100",
        "2026-02-11,10,10.1,9.9,10.1,200",
        "2026-02-12,10,10.2,9.9,10,300",
    ]
    for code, order in (("600000.SS", (2, 1, 0)), ("600519.SS", (1, 0, 2)), ("600036.SS", (0, 1, 1, 2))):
        text = "\n".join(["date,open,high,low,close,volume", *(rows[i] for i in order)])
        (tmp_path / f"{code}.csv").write_text(text)
    twice = "\n".join(["date,open,high,low,close,volume", *rows, rows[1].replace("10.1,200", "10,200")])
    (tmp_path / "600030.SS.csv").write_text(twice)
    codes = ["600000.SS", "600519.SS", "600036.SS", "600030.SS"]
    span = (date(2026, 2, 1), date(2026, 2, 28))
    report = fetch(
        [TABLE[code] for code in codes], span, provider=Files(tmp_path), store=Store(tmp_path / "s")
    )
    assert [outcome.status for outcome in report.outcomes] == ["fetched"] * 3 + ["failed"]
    assert [outcome.revision.errors for outcome in report.outcomes[:3]] == [0, 0, 0]
    assert "two different bars of 2026-02-11" in report.outcomes[3].message


def test_one_bad_cell_ends_its_own_code_alone(tmp_path):
    good = "date,open,high,low,close,volume,ratio\n2026-02-10,10,10.1,9.9,10,100,\n"
    for code in ("600000.SS", "600036.SS", "600519.SS"):
        (tmp_path / f"{code}.csv").write_text(
            good if code != "600036.SS" else good.replace("100,\n", "100,n/a?\n")
        )
    store = Store(tmp_path / "s")
    codes = ("600000.SS", "600036.SS", "600519.SS")
    report = fetch(
        [TABLE[code] for code in codes],
        (date(2026, 2, 1), date(2026, 2, 28)),
        provider=Files(tmp_path),
        store=store,
    )
    assert [outcome.status for outcome in report.outcomes] == ["fetched", "failed", "fetched"]
    assert "row 1: ratio is 'n/a?', which is not a number" in report.outcomes[1].message
    assert store.codes() == ("600000.SS", "600519.SS")
