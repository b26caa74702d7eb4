"""Daily bars of one code, in memory: prices, volume, status and corporate actions.

House format, one file per code named `CODE.csv` or `CODE.parquet`: `date,open,high,low,close,volume` with the
optional columns of `OPTIONAL`. Prices are raw, in local currency; volume is in shares.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import F8, I1, Bool, Days
from ..calendars.days import values_to_days
from ..errors import DataError, did_you_mean

PRICES = ("open", "high", "low", "close")
REQUIRED = ("date", *PRICES, "volume")
# amount: turnover in local currency; status: 1/0 or trading/suspended; st: 1 under special treatment, 2 in a delisting period;
# ratio: shares after the ex-date for one share before; cash: gross dividend for one share before;
# rights: shares offered for one share before, at rights_price.
OPTIONAL = ("pre_close", "amount", "status", "st", "ratio", "cash", "rights", "rights_price")

# A corporate action, effective before the open of its session (the ex-date); local currency per old share.
CORPORATE_ACTION = np.dtype(
    [("session", "M8[D]"), ("ratio", "f8"), ("cash", "f8"), ("rights", "f8"), ("rights_price", "f8")]
)
NO_ACTION = {"ratio": 1.0, "cash": 0.0, "rights": 0.0, "rights_price": 0.0}
# What a stated special treatment is: none, a risk warning (ST, *ST), a delisting period.
NO_MARK, ST, DELISTING = range(3)
# Vendors' arithmetic leaves volumes such as 5.9e-39: less than a share is no trade.
ONE_SHARE = 1.0
_NAN = np.array(np.nan)
_SUSPENDED_WORDS = {"suspended": True, "0": True, "trading": False, "1": False, "": False}


@dataclass(frozen=True, eq=False)
class Bars:
    """Raw daily bars of one code, read-only arrays of shape (n,), in the order in which the source gave them.

    `pre_close` (the exchange's reference price) and `amount` are NaN where the source has none; `st` is -1 where
    unknown, else 0, ST or DELISTING. `suspended` is what the source says: a suspended session may have NaN prices. `actions` has dtype
    CORPORATE_ACTION. `source` names path, sha256, rows, and whatever the provider recorded.
    """

    code: str
    sessions: Days
    open: F8
    high: F8
    low: F8
    close: F8
    volume: F8
    pre_close: F8
    amount: F8
    suspended: Bool
    st: I1
    actions: NDArray[Any]
    source: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
        object.__setattr__(self, "source", MappingProxyType(dict(self.source)))

    def __len__(self) -> int:
        return len(self.sessions)

    @property
    def stale(self) -> Bool:
        """Sessions whose bar is not a price: less than one share was traded, whatever the vendor repeated."""
        return np.asarray((self.volume >= 0.0) & (self.volume < ONE_SHARE) & ~self.suspended)

    @property
    def traded(self) -> Bool:
        """Sessions on which at least one share was traded."""
        return np.asarray((self.volume >= ONE_SHARE) & ~self.suspended)

    def take(self, rows: NDArray[Any]) -> "Bars":
        """The bars of some rows (mask or indices); actions outside their span go with them."""
        columns = {name: getattr(self, name)[rows] for name in COLUMNS}
        actions = self.actions
        if len(columns["sessions"]):
            first, last = columns["sessions"].min(), columns["sessions"].max()
            actions = actions[(actions["session"] >= first) & (actions["session"] <= last)]
        return Bars(code=self.code, **columns, actions=actions, source=self.source)

    def between(self, start: object, end: object) -> "Bars":
        """The bars of the sessions from `start` to `end`, both included."""
        first, last = np.datetime64(str(start)[:10], "D"), np.datetime64(str(end)[:10], "D")
        return self.take((self.sessions >= first) & (self.sessions <= last))

    def suspend(self, sessions: Days) -> "Bars":
        """The bars with some sessions made suspended: no prices, no volume, no reference; actions stay."""
        out = np.isin(self.sessions, sessions)
        priced = (*PRICES, "pre_close", "amount")
        values: dict[str, Any] = {name: np.where(out, np.nan, getattr(self, name)) for name in priced}
        values["volume"] = np.where(out, 0.0, self.volume)
        return replace(self, **values, suspended=self.suspended | out)

    def tidy(self) -> "Bars":
        """The bars in order of session; of duplicates the last one given stays."""
        if bool((self.sessions[1:] > self.sessions[:-1]).all()):
            return self
        order = np.argsort(self.sessions, kind="stable")
        days = self.sessions[order]
        last = np.append(days[1:] != days[:-1], True) if len(days) else np.zeros(0, bool)
        return self.take(order[last])


COLUMNS = ("sessions", *PRICES, "volume", "pre_close", "amount", "suspended", "st")


def bars_from_columns(
    code: str, columns: Mapping[str, NDArray[Any]], source: Mapping[str, object] = MappingProxyType({})
) -> Bars:
    """Bars from arrays of equal length named as in the house format (`date`, `open`, …); copies nothing it can keep.

    `status` may be booleans (True = trading), 1/0 or words.
    """
    for name in REQUIRED:
        if name not in columns:
            raise DataError(
                f"{source.get('path', code)}: column {name!r} is missing{did_you_mean(name, columns)}; "
                f"a file of bars has the columns {','.join(REQUIRED)}"
            )
    days = values_to_days(np.asarray(columns["date"]), str(source.get("path", code)))
    n = len(days)
    numbers = {
        name: np.asarray(columns[name], dtype=np.float64) if name in columns else _unknown(n)
        for name in (*PRICES, "volume", "pre_close", "amount")
    }
    st = np.full(n, -1, np.int8)
    if "st" in columns:
        flags = np.asarray(columns["st"], dtype=np.float64)
        st = np.where(np.isnan(flags), -1, np.clip(np.abs(flags), NO_MARK, DELISTING)).astype(np.int8)
    return Bars(
        code=code,
        sessions=days,
        **numbers,
        suspended=_suspended(code, columns.get("status"), days),
        st=st,
        actions=_actions(columns, days),
        source=source,
    )


def _unknown(n: int) -> F8:
    """NaN n times, in the memory of one."""
    return np.ndarray((n,), np.float64, _NAN, strides=(0,))


def _suspended(code: str, status: NDArray[Any] | None, days: Days) -> Bool:
    if status is None:
        return np.zeros(len(days), bool)
    if status.dtype.kind == "b":
        return ~status
    if status.dtype.kind in "iuf":
        return np.asarray(status == 0)
    words = ["" if word is None else str(word).strip().lower() for word in status]
    for day, word in zip(days, words, strict=True):
        if word not in _SUSPENDED_WORDS:
            raise DataError(f"{code}: status {word!r} on {day} is not known; write trading or suspended")
    return np.array([_SUSPENDED_WORDS[word] for word in words], bool)


def _actions(columns: Mapping[str, NDArray[Any]], days: Days) -> NDArray[Any]:
    given = [name for name in NO_ACTION if name in columns]
    if not given:
        return np.zeros(0, CORPORATE_ACTION)
    table = np.zeros(len(days), CORPORATE_ACTION)
    table["session"] = days
    table["ratio"] = 1.0
    for name in given:
        values = np.asarray(columns[name], dtype=np.float64)
        table[name] = np.where(np.isnan(values), NO_ACTION[name], values)
    held = (table["ratio"] != 1.0) | (table["cash"] != 0.0) | (table["rights"] != 0.0)
    return np.sort(table[held], order="session")
