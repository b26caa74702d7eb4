"""Two sources of one code: where they agree, and which one wins."""

import numpy as np
import pytest

from launchlab.data.bars.bars import Bars, bars_from_columns
from launchlab.data.bars.reconcile import reconcile
from launchlab.data.errors import DataError
from launchlab.data.instruments.table import load_instruments

TABLE = load_instruments()
DAYS = ("2026-02-10", "2026-02-11", "2026-02-12", "2026-02-13")


def source(name: str, closes, days=DAYS, volume=1000.0, code="688158.SS") -> Bars:
    close = np.array(closes, float)
    columns = dict.fromkeys(("open", "high", "low", "close"), close)
    columns |= {"date": np.array(days, "M8[D]"), "volume": np.full(len(close), volume)}
    return bars_from_columns(code, columns, {"provider": name})


def test_the_table_counts_agreement_and_names_each_difference():
    yahoo = source("yahoo", (37.0, 37.54, 45.05, 44.0), volume=1000)
    other = source("baostock", (37.0, 37.55, 45.20), days=DAYS[:3], volume=10)
    table = reconcile(yahoo, other, TABLE["688158.SS"])
    assert (table.common, table.only_first, table.only_second) == (3, 1, 0)
    # one tick apart counts as equal
    assert (table.equal_closes, table.equal_bars) == (2, 2)
    assert {(gap.session, gap.field) for gap in table.differences} == {
        ("2026-02-12", field) for field in ("open", "high", "low", "close")
    }
    assert table.volume_ratio == 100.0


def test_baostock_wins_in_shanghai_and_yahoo_in_hong_kong_and_files_everywhere():
    for code, first, second, winner in (
        ("688158.SS", "yahoo", "baostock", "baostock"),
        ("0700.HK", "yahoo", "other", "yahoo"),
        ("0700.HK", "yahoo", "files", "files"),
    ):
        bars = [source(name, (500.0, 501.0, 502.0, 503.0), code=code) for name in (first, second)]
        table = reconcile(*bars, TABLE[code])
        assert table.winner == winner
        assert winner in table.rule


def test_the_user_s_own_preference_is_followed_and_recorded():
    bars = [source(name, (37.0, 37.54, 45.05, 44.0)) for name in ("yahoo", "baostock")]
    table = reconcile(*bars, TABLE["688158.SS"], preference=("yahoo", "baostock"))
    assert (table.winner, table.rule) == ("yahoo", "XSHG: yahoo > baostock")


def test_two_codes_cannot_be_reconciled():
    with pytest.raises(DataError, match="two codes"):
        reconcile(
            source("yahoo", (1, 1, 1, 1)), source("yahoo", (1, 1, 1, 1), code="0700.HK"), TABLE["688158.SS"]
        )
