"""The Yahoo provider: the real yfinance client against a local Yahoo, and the way back to raw prices."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchlab.data.errors import FetchError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.providers.unsplit import later_split_factor, to_raw
from launchlab.data.providers.yahoo import Yahoo, yahoo_symbol
from launchlab.data.store.store import Store

from ... import MARKETS
from ...markets.fake_yahoo import FakeYahoo, Listing

CHILD = MARKETS / "fetch_child.py"
INSTRUMENTS = load_instruments()


def as_float32(price: float) -> float:
    return float(np.float32(price))


def row(
    day: str, *prices: float, volume: float = 1_000_000
) -> tuple[dt.date, float, float, float, float, float]:
    opened, high, low, close = (as_float32(price) for price in prices)
    return dt.date.fromisoformat(day), opened, high, low, close, volume


# Tencent around the half-day of 2024-02-09 (Lunar New Year's Eve) and its dividend of 2024-05-17; the bars are invented.
TENCENT = Listing(
    [
        row("2024-02-07", 292.2, 293.0, 289.6, 290.0),
        row("2024-02-08", 290.0, 292.0, 288.0, 288.6),
        row("2024-02-09", 288.6, 288.6, 288.6, 288.6, volume=0),
        row("2024-02-12", 288.6, 288.6, 288.6, 288.6, volume=0),
        row("2024-02-14", 289.0, 295.0, 288.0, 294.2),
        row("2024-05-16", 390.0, 396.0, 388.0, 395.0),
        row("2024-05-17", 393.0, 395.4, 390.0, 394.6),
    ],
    dividends=[(dt.date(2024, 5, 17), 3.4)],
)
# A bonus issue of 3 for 10 and 2.00 cash on 2024-05-17: Yahoo divides what came before by 1.3, multiplies the volume.
SHANGHAI = Listing(
    [
        row("2024-05-15", 12.98 / 1.3, 13.2 / 1.3, 12.9 / 1.3, 13.0 / 1.3, volume=1_300_000),
        row("2024-05-16", 13.0 / 1.3, 13.3 / 1.3, 12.8 / 1.3, 13.1 / 1.3, volume=2_600_000),
        row("2024-05-17", 9.9, 10.1, 9.8, 10.0, volume=3_000_000),
    ],
    zone="Asia/Shanghai",
    currency="CNY",
    splits=[(dt.date(2024, 5, 17), 13, 10)],
)


@pytest.fixture
def yahoo(tmp_path):
    listings = {"0700.HK": TENCENT, "600588.SS": SHANGHAI}
    with FakeYahoo(tmp_path, listings) as server:
        yield server


SPAN = ("2024-01-01", "2024-06-30")
COMMAND = "from launchlab.cli import main; main()"


def environment(yahoo: FakeYahoo, store: Path) -> dict[str, str]:
    own = {"SOURCE_DATE_EPOCH": "1783000000", "LAUNCHLAB_STORE": str(store)}
    return {**os.environ, **yahoo.environment(store.parent / "cache"), **own}


def run(yahoo: FakeYahoo, store: Path, *codes: str, expect: int = 0) -> dict:
    """`launchlab fetch` in a process of its own, redirected by environment alone."""
    words = [
        sys.executable,
        "-c",
        COMMAND,
        "fetch",
        *codes,
        "--start",
        SPAN[0],
        "--end",
        SPAN[1],
        "--provider",
        "yahoo",
        "--json",
    ]
    done = subprocess.run(
        words, env=environment(yahoo, store), capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == expect, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)


def run_impatient(yahoo: FakeYahoo, store: Path, *codes: str) -> dict:
    """The same fetch with a timeout of one second and short pauses."""
    words = [sys.executable, CHILD, store, *SPAN, *codes]
    done = subprocess.run(
        words, env=environment(yahoo, store), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_bars_before_a_bonus_issue_come_back_raw_with_the_action(yahoo, tmp_path):
    report = run(yahoo, tmp_path / "store", "600588.SS")
    assert report["fetched"] == 1, report
    bars = Store(tmp_path / "store").read("600588.SS")
    assert bars.close.tolist() == [13.0, 13.1, 10.0]
    assert bars.open.tolist() == [12.98, 13.0, 9.9]
    assert bars.volume.tolist() == [1_000_000, 2_000_000, 3_000_000]
    assert bars.actions["session"].astype(str).tolist() == ["2024-05-17"]
    assert bars.actions["ratio"].tolist() == [1.3]
    assert str(bars.source["version"]).startswith("yfinance 1.")


def one_code(folder: Path, listing: Listing, code: str = "0700.HK", expect: int = 0) -> dict:
    """What becomes of one code of which Yahoo has this listing; its bars are in the folder's store."""
    with FakeYahoo(folder, {code: listing}) as server:
        return run(server, folder / "store", code, expect=expect)["codes"][0]


# A share consolidated ten to one on 2024-05-16 while it was suspended; it trades again on the 17th.
CONSOLIDATED = Listing(
    [
        row("2024-05-13", 1.00, 1.05, 0.99, 1.02),
        row("2024-05-14", 1.02, 1.04, 1.00, 1.02),
        row("2024-05-17", 1.10, 1.15, 1.09, 1.12),
    ],
    splits=[(dt.date(2024, 5, 16), 1, 10)],
)


def test_a_split_on_a_day_without_a_bar_does_not_move_to_the_bar_before(tmp_path):
    one_code(tmp_path, CONSOLIDATED)
    bars = Store(tmp_path / "store").read("0700.HK")
    assert bars.sessions.astype(str).tolist() == ["2024-05-13", "2024-05-14", "2024-05-16", "2024-05-17"]
    assert bars.close[[0, 1, 3]].tolist() == [0.102, 0.102, 1.12]
    assert bars.suspended.tolist() == [False, False, True, False]
    assert [(str(one["session"]), one["ratio"]) for one in bars.actions] == [("2024-05-16", 0.1)]


def test_an_event_on_a_holiday_takes_effect_on_the_next_session(tmp_path):
    # 2024-05-15 was Buddha's birthday
    one_code(tmp_path, Listing(CONSOLIDATED.rows, dividends=[(dt.date(2024, 5, 15), 0.05)]))
    bars = Store(tmp_path / "store").read("0700.HK")
    assert [(str(one["session"]), one["cash"]) for one in bars.actions] == [("2024-05-16", 0.05)]


@pytest.mark.parametrize(("currency", "cash"), [("USD", []), ("HKD", [3.4]), ("", [3.4])])
def test_a_dividend_in_another_currency_is_left_out_and_named(tmp_path, currency, cash):
    told = one_code(tmp_path, Listing(TENCENT.rows, dividends=TENCENT.dividends, paid_in=currency))
    assert Store(tmp_path / "store").read("0700.HK").actions["cash"].tolist() == cash
    assert ("dividend of 3.4 USD on 2024-05-17" in told["message"]) == (currency == "USD")


def test_a_split_that_cannot_be_undone_fails_the_code(tmp_path):
    listing = Listing(TENCENT.rows, splits=[(dt.date(2024, 5, 17), 1, 0)])
    told = one_code(tmp_path, listing, expect=2)
    assert "Yahoo has a split of inf shares for one on 2024-05-17" in told["message"]
    assert Store(tmp_path / "store").codes() == ()


def test_a_revision_by_a_factor_is_refused_with_both_values(tmp_path):
    one_code(tmp_path, CONSOLIDATED)
    with FakeYahoo(tmp_path, {"0700.HK": Listing(CONSOLIDATED.rows)}) as server:
        told = run(server, tmp_path / "store", "0700.HK", "--refresh", expect=2)["codes"][0]
    assert "2024-05-13 closed at 0.102 in the store and at 1.02 now; nothing was written" in told["message"]
    assert Store(tmp_path / "store").read("0700.HK").close[0] == 0.102


def test_a_fetch_says_nothing_of_yahoos_library_on_stderr(yahoo, tmp_path):
    words = [sys.executable, "-c", COMMAND, "fetch", "0700.HK", "--start", SPAN[0], "--end", SPAN[1]]
    done = subprocess.run(
        words,
        env=environment(yahoo, tmp_path / "store"),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0
    assert "arning" not in done.stderr


def test_holiday_rows_are_left_out_and_half_days_are_named_by_the_checks(yahoo, tmp_path):
    report = run(yahoo, tmp_path / "store", "0700.HK")
    bars = Store(tmp_path / "store").read("0700.HK")
    # 2024-02-12 was a holiday; 2024-02-09 a half-day of which Yahoo has no bar.
    assert bars.sessions.astype(str).tolist()[:4] == ["2024-02-07", "2024-02-08", "2024-02-09", "2024-02-14"]
    assert bars.stale.tolist()[:4] == [False, False, True, False]
    assert bars.actions["cash"].tolist() == [3.4]
    assert report["codes"][0]["errors"] == 0


def test_an_unknown_code_fails_alone(yahoo, tmp_path):
    report = run(yahoo, tmp_path / "store", "0700.HK", "9999.HK", "600588.SS", expect=2)
    assert (report["fetched"], report["failed"]) == (2, 1)
    failed = next(one for one in report["codes"] if one["status"] == "failed")
    assert failed["code"] == "9999.HK"
    assert "delisted" in failed["message"]
    assert Store(tmp_path / "store").codes() == ("0700.HK", "600588.SS")


@pytest.mark.parametrize("fault", ["429", "500", "truncated"])
def test_a_passing_fault_is_waited_out(yahoo, tmp_path, fault):
    # yfinance itself asks a second time after an error status.
    yahoo.faults = [("0700.HK", fault)] * (1 if fault == "truncated" else 2)
    report = run(yahoo, tmp_path / "store", "0700.HK")
    assert report["fetched"] == 1, report


def test_a_hang_is_cut_off_and_asked_again(yahoo, tmp_path):
    yahoo.faults = [("0700.HK", "hang")]
    report = run_impatient(yahoo, tmp_path / "store", "0700.HK")
    assert report["fetched"] == 1, report


@pytest.mark.slow
def test_a_hang_is_cut_off_by_the_command_too(yahoo, tmp_path):
    yahoo.faults = [("0700.HK", "hang")]
    assert run(yahoo, tmp_path / "store", "0700.HK")["fetched"] == 1


def test_a_lasting_rate_limit_is_an_error_not_an_empty_frame(yahoo, tmp_path):
    yahoo.faults = [("0700.HK", "429")] * 50
    report = run_impatient(yahoo, tmp_path / "store", "0700.HK", "600588.SS")
    messages = {one["code"]: one["message"] for one in report["codes"]}
    assert "429" in messages["0700.HK"]
    assert report["fetched"] == 1
    assert Store(tmp_path / "store").codes() == ("600588.SS",)


def test_what_is_stored_is_not_asked_for_again(yahoo, tmp_path):
    run(yahoo, tmp_path / "store", "0700.HK")
    asked = len(yahoo.log)
    report = run(yahoo, tmp_path / "store", "0700.HK")
    assert report["kept"] == 1
    assert len(yahoo.log) == asked


def test_a_refresh_that_changes_the_past_keeps_both_and_says_what_changed(yahoo, tmp_path):
    run(yahoo, tmp_path / "store", "0700.HK")
    changed = [list(one) for one in TENCENT.rows]
    changed[1][4] = as_float32(289.0)
    yahoo.listings["0700.HK"] = Listing([tuple(one) for one in changed], dividends=TENCENT.dividends)
    report = run(yahoo, tmp_path / "store", "0700.HK", "--refresh")
    assert report["codes"][0]["changed"] == 1
    manifest = Store(tmp_path / "store").manifest("0700.HK")
    assert [one.number for one in manifest.revisions] == [1, 2]
    assert all(one.file for one in manifest.revisions)
    assert "2024-02-08 close 288.6 -> 289" in manifest.revisions[1].notes


def test_beijing_codes_are_refused_by_name_before_any_request(yahoo, tmp_path):
    report = run(yahoo, tmp_path / "store", "920002.BJ", expect=2)
    assert "files" in report["codes"][0]["message"]
    assert yahoo.log == []


def test_without_a_network_nothing_is_waited_for(monkeypatch):
    """A name that is not found is told at once: no pause, no second try."""
    import yfinance

    asked = []

    class DNSError(OSError):
        pass

    def history(self, **options):
        asked.append(self.ticker)
        raise DNSError("Could not resolve host")

    monkeypatch.setattr(yfinance.Ticker, "history", history)
    with pytest.raises(FetchError, match=r"0700\.HK: Yahoo's address cannot be found; check the network"):
        Yahoo().bars(INSTRUMENTS["0700.HK"], dt.date(2026, 1, 2), dt.date(2026, 1, 9))
    assert asked == ["0700.HK"]


def test_hong_kong_codes_are_padded_to_four_digits():
    assert yahoo_symbol("20.HK") == "0020.HK"
    assert yahoo_symbol("09988.HK") == "9988.HK"
    assert yahoo_symbol("80700.HK") == "80700.HK"


TICKS = st.integers(min_value=100, max_value=400_000)
RATIOS = st.sampled_from([2.0, 1.3, 1.2, 1.45, 5.0, 10.0, 0.1, 0.5, 1.001])


@given(TICKS, st.lists(RATIOS, max_size=3))
def test_raw_to_yahoo_and_back_is_exact_to_the_tick(cents, ratios):
    """Shanghai prices from 1.00 to 4,000.00 through float32 and any three later splits."""
    days = np.array(["2024-01-02"], "M8[D]")
    later = np.array(["2024-03-01", "2024-06-03", "2024-09-02"][: len(ratios)], "M8[D]")
    raw = cents / 100
    divided = raw
    for ratio in ratios:
        divided = divided / ratio
    factor = later_split_factor(days, later, np.array(ratios, float))
    back = to_raw(np.array([[as_float32(divided)]]), factor, days, INSTRUMENTS["600588.SS"])
    assert back[0, 0] == raw


def test_a_price_off_the_grid_is_left_for_the_checks():
    days = np.array(["2024-01-02"], "M8[D]")
    back = to_raw(np.array([[10.0049]]), np.ones(1), days, INSTRUMENTS["600588.SS"])
    assert back[0, 0] == 10.0049
