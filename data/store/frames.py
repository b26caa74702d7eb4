"""Bars from data frames that somebody has in memory, columns named as in the house format or as yfinance names them."""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Days
from ..bars.bars import OPTIONAL, REQUIRED, Bars, bars_from_columns
from ..calendars.days import values_to_days
from ..errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

KNOWN = (*REQUIRED, *OPTIONAL)


def frames_to_bars(frames: Mapping[str, Any]) -> dict[str, Bars]:
    """Bars by code from data frames, or whatever a data frame can be made of; DataError names the code at fault."""
    return {
        code: one if isinstance(one, Bars) else frame_to_bars(code, _framed(code, one))
        for code, one in frames.items()
    }


def frame_to_bars(code: str, frame: "pd.DataFrame") -> Bars:
    """Bars of one code: a row a session, its day in the column `date` or in the index, raw prices, volume in shares.

    An instant is read on the exchange's clock. A column that is not of the house format is refused: nothing is dropped.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"Open": [10.0], "High": [10.5], "Low": [9.9], "Close": [10.2], "Volume": [1000]},
    ...                      index=pd.DatetimeIndex(["2026-02-12"], tz="Asia/Hong_Kong"))
    >>> frame_to_bars("0700.HK", frame).sessions.astype(str).tolist()
    ['2026-02-12']
    """
    table = frame.rename(columns=lambda name: str(name).strip().lower())
    if "date" not in table.columns:
        table = table.assign(date=table.index)
    strange = [f"{name!r}{did_you_mean(name, KNOWN)}" for name in table.columns if name not in KNOWN]
    if strange:
        raise DataError(
            f"{code}: the data frame has the column {', '.join(strange)}, which bars do not; "
            f"rename or drop it, columns are {', '.join(KNOWN)}"
        )
    columns = {str(name): _column(code, str(name), table[name]) for name in table.columns if name != "date"}
    columns["date"] = _days(code, table["date"])
    digest = hashlib.sha256()
    for name in sorted(columns):
        digest.update(name.encode() + str(columns[name].tolist()).encode())
    source = {"path": f"data frame {code}", "sha256": digest.hexdigest(), "rows": len(table)}
    return bars_from_columns(code, columns, source)


def _framed(code: str, given: Any) -> "pd.DataFrame":
    import pandas as pd

    try:
        return given if isinstance(given, pd.DataFrame) else pd.DataFrame(given)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{code}: no data frame can be made of its bars ({error}); give columns by name"
        ) from None


def _column(code: str, name: str, values: "pd.Series") -> NDArray[Any]:
    if name == "status":
        return np.asarray(values.to_numpy())
    try:
        return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError) as error:
        raise DataError(f"{code}: the column {name!r} is not numbers ({error}); convert it first") from None


def _days(code: str, values: "pd.Series") -> Days:
    """The exchange's days of a column of days or instants, as in every file."""
    return values_to_days(np.asarray(values), lambda row: f"{code}, row {row + 1} of the data frame")
