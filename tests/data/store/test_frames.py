"""Bars that somebody has in memory, as yfinance or a notebook holds them."""

import numpy as np
import pandas as pd
import pytest

from launchlab.data.errors import DataError
from launchlab.data.store.frames import frames_to_bars

DAYS = ["2026-02-10", "2026-02-11", "2026-02-12"]


def frame(**more: object) -> pd.DataFrame:
    prices = {"Open": [10.0, 10.1, 10.2], "High": [10.5] * 3, "Low": [9.9] * 3, "Close": [10.2, 10.3, 10.4]}
    return pd.DataFrame({**prices, "Volume": [1_000, 2_000, 3_000], **more}, index=pd.DatetimeIndex(DAYS))


def test_a_frame_with_its_days_in_the_index_or_in_a_column_gives_the_same_bars() -> None:
    indexed = frames_to_bars({"0700.HK": frame()})["0700.HK"]
    column = frames_to_bars({"0700.HK": frame().rename_axis("Date").reset_index()})["0700.HK"]
    for bars in (indexed, column):
        assert bars.sessions.astype(str).tolist() == DAYS
        assert bars.close.tolist() == [10.2, 10.3, 10.4]
    assert indexed.source["sha256"] == column.source["sha256"]


def test_a_zoned_day_is_the_day_on_the_exchange_s_clock() -> None:
    """Midnight of Hong Kong is the day before in UTC, and the session all the same; an evening there is doubtful."""
    zoned = frame().tz_localize("Asia/Hong_Kong")
    for shown in (zoned, zoned.tz_convert("UTC"), zoned.tz_convert("America/New_York")):
        assert frames_to_bars({"0700.HK": shown})["0700.HK"].sessions.astype(str).tolist() == DAYS
    with pytest.raises(DataError, match="say 2026-02-10, the exchange's clock 2026-02-09"):
        frames_to_bars({"0700.HK": frame().tz_localize("Asia/Tokyo")})


def test_a_dict_of_columns_is_a_frame() -> None:
    columns = {"date": DAYS, **{name.lower(): frame()[name].tolist() for name in frame()}}
    assert np.array_equal(frames_to_bars({"0700.HK": columns})["0700.HK"].volume, [1_000, 2_000, 3_000])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (frame(Adj_Close=[1.0] * 3), "the data frame has the column 'adj_close'"),
        (frame(ammount=[1.0] * 3), r"'ammount' \(did you mean 'amount'\?\)"),
        (frame(Open=["ten"] * 3), "the column 'open' is not numbers"),
        (frame().drop(columns="Volume"), "column 'volume' is missing"),
        (frame().assign(date=["soon"] * 3), "is not a day; write days as 2026-02-12"),
        (frame().assign(date=["05/01/2026"] * 3), "is not a day; write days as 2026-02-12"),
        (frame().reset_index(drop=True), "0 is not a day"),
        (frame().assign(date=[None] * 3), "None is not a day"),
        (5, "no data frame can be made"),
    ],
)
def test_what_are_no_bars_is_named_with_the_code(given: object, said: str) -> None:
    with pytest.raises(DataError, match=f"0700.HK.*{said}"):
        frames_to_bars({"0700.HK": given})
