"""Adjusted prices show in the answer itself, whoever gives it: each proof names the two bars that show it."""

import numpy as np
import pytest

from launchlab.data.bars.bars import Bars, bars_from_columns
from launchlab.data.calendars.sessions import calendar
from launchlab.data.errors import FetchError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.providers.proof import in_shares, raw_proof

TABLE = load_instruments()
DAYS = calendar("XSHG").sessions[-60:-48]
PAID = np.array([20.0] * 7 + [20.5] * 5)  # what was paid a share, on all twelve days


def made(price: np.ndarray, *, code: str = "600519.SS", **more: object) -> Bars:
    """Twelve flat days; a share was paid for at PAID."""
    volume = np.full(len(price), 1e6)
    columns = dict.fromkeys(("open", "high", "low", "close"), price) | {"date": DAYS, "volume": volume}
    return bars_from_columns(code, {**columns, "amount": PAID * volume, **more}, {"provider": "x"})


def refused(bars: Bars, code: str = "600519.SS") -> str:
    with pytest.raises(FetchError, match="are adjusted, not raw") as error:
        raw_proof(bars, TABLE[code], calendar("XSHG").sessions)
    return str(error.value)


def test_turnover_that_was_paid_at_other_prices_shows_an_adjusted_series():
    said = refused(made(np.where(np.arange(12) < 7, 10.0, 20.5)))
    assert f"{DAYS[0]} 10–10, close 10, where 20 a share was paid" in said
    assert f"and {DAYS[-1]} 20.5–20.5, close 20.5, where it was 20.5; nothing was written" in said


def test_prices_at_which_was_paid_pass_and_so_do_four_days_of_block_trades():
    raw_proof(made(PAID), TABLE["600519.SS"], calendar("XSHG").sessions)
    blocks = np.where((np.arange(12) >= 2) & (np.arange(12) < 6), PAID * 1.1, PAID)
    raw_proof(made(blocks), TABLE["600519.SS"], calendar("XSHG").sessions)


def test_a_price_below_zero_shows_an_adjustment_by_subtraction():
    """A forward adjustment that subtracts 20.40 in dividends leaves 20.00 at -0.40."""
    nothing = np.full(12, np.nan)
    said = refused(made(np.where(np.arange(12) < 7, -0.4, 20.5), amount=nothing))
    assert f"{DAYS[0]} -0.4–-0.4, close -0.4, which nobody paid, and {DAYS[-1]} 20.5–20.5" in said


def test_prices_between_the_ticks_before_a_day_and_on_them_after_it_are_adjusted():
    days = calendar("XHKG").sessions[-60:-30]
    price = np.where(np.arange(30) < 15, 391.37, 400.0)
    columns = dict.fromkeys(("open", "high", "low", "close"), price)
    columns |= {"date": days, "volume": np.full(30, 1e6)}
    said = refused(bars_from_columns("0700.HK", columns, {"provider": "x"}), "0700.HK")
    assert f"{days[14]} 391.37–391.37, close 391.37 lies between the ticks" in said
    assert f"{days[15]} 400–400, close 400 on them" in said


@pytest.mark.parametrize(
    ("volume", "documented", "shares"),
    [(1_000_000, 1.0, 1_000_000), (10_000, 1.0, 1_000_000), (10_000, 100.0, 1_000_000), (1_000_000, 100.0, 1_000_000)],
)  # fmt: skip
def test_the_turnover_tells_lots_from_shares_whatever_is_documented(volume, documented, shares):
    held, amount, close = np.full(3, float(volume)), np.full(3, 20e6), np.full(3, 20.0)
    assert in_shares(TABLE["600519.SS"], held, amount, close, lot=documented).tolist() == [shares] * 3
    untold = np.full(3, np.nan)
    told = in_shares(TABLE["600519.SS"], held, untold, close, lot=documented)
    assert told.tolist() == [volume * documented] * 3, "without turnover the source's word stands"
    with pytest.raises(FetchError, match="neither shares nor lots"):
        in_shares(TABLE["600519.SS"], held / 7, amount, close, lot=documented)
