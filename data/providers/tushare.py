"""Tushare: the exchange's references, actions, suspensions, names and limits of A-shares; Hong Kong's daily bars.

Tables: daily, fund_daily, index_daily, hk_daily; dividend, fund_div, adj_factor, fund_adj, suspend_d, namechange, stk_limit,
stock_basic, new_share, hk_basic. What an account may not ask for is left out and named. Rights issues and splits of a fund
have no table: they show in the factors and in the reference, and are named.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from ..arrays import F8, Days
from ..bars.bars import CORPORATE_ACTION, PRICES, Bars, bars_from_columns
from ..bars.references import listed_sessions
from ..bars.stated import status_by_names
from ..calendars.sessions import calendar
from ..errors import FetchError
from ..instruments.facts import Facts, Named
from ..instruments.instrument import A_SHARE_BOARDS
from ..instruments.table import Instrument
from ..patience import Patience
from ..rules.limits import limit_bands
from .proof import in_shares
from .provider import Gives, gives, untold, without_actions
from .tushare_api import NotAllowedError, Row, TushareApi

ALL = "bars turnover references suspensions st dividends splits"
GIVES: Gives = gives({"XSHG": ALL, "XSHE": ALL, "XBSE": ALL, "XHKG": "bars turnover references"})
VERSION = "tushare pro"
BARS = "ts_code,trade_date,open,high,low,close,pre_close,vol,amount"
DONE = "实施"
FUND_BOARDS = ("fund", "fund20", "reit")
HALF_TICK = 0.006
# How far a factor may move against what the known actions make of it: references are rounded to the tick.
FACTOR_APART = 0.004


@dataclass
class Tushare:
    """The Tushare provider; the token is read from the environment at each question."""

    patience: Patience = field(default_factory=Patience)
    name: str = "tushare"
    parallel: int = 2
    _api: TushareApi | None = None

    @property
    def gives(self) -> Gives:
        return GIVES

    def bars(self, instrument: Instrument, start: date, end: date) -> Bars:
        """Raw bars from `start` to `end`; of A-shares with suspended sessions, ST by name, and actions."""
        table, scale = _table(instrument)
        code = tushare_code(instrument)
        span = {"ts_code": code, "start_date": f"{start:%Y%m%d}", "end_date": f"{end:%Y%m%d}"}
        rows = self.api.rows(table, BARS, **span)
        if other := next((row["ts_code"] for row in rows if row["ts_code"] != code), None):
            raise FetchError(f"{instrument.code}: tushare answers with bars of {other}; they are not taken")
        rows = [row for row in rows if span["start_date"] <= str(row["trade_date"]) <= span["end_date"]]
        if not rows:
            raise FetchError(
                f"{instrument.code}: tushare has no bars from {start} to {end}; check the code and the dates"
            )
        if instrument.board in FUND_BOARDS:
            return self._with_distributions(_to_bars(instrument, rows, scale), code, (start, end))
        if instrument.board not in A_SHARE_BOARDS:
            return replace(
                _to_bars(instrument, rows, scale), source=_source([without_actions(self.name, instrument)])
            )
        refused: list[str] = []
        beside = self._beside(refused)
        halted = beside("suspend_d", "trade_date,suspend_timing,suspend_type", **span)
        names = beside("namechange", "name,start_date,end_date", ts_code=code)
        paid = beside("dividend", "div_proc,stk_div,cash_div_tax,ex_date", ts_code=code)
        factors = beside("adj_factor", "trade_date,adj_factor", **span)
        limits = beside("stk_limit", "trade_date,up_limit,down_limit", **span)
        bars = _to_bars(instrument, [*rows, *_idle(rows, halted)], scale)
        bars = replace(bars, st=_status(names, bars.sessions), actions=_actions(paid, start, end))
        said = [
            *_untold(bars, factors, "dividends (a rights issue?)"),
            *_other_limits(instrument, bars, limits),
            *_not_asked(refused),
        ]
        return replace(bars, source=_source(said))

    def _beside(self, refused: list[str]) -> Callable[..., list[Row]]:
        """Asks a table; nothing, and its name in `refused`, where this account may not."""

        def rows(name: str, fields: str, **params: str) -> list[Row]:
            try:
                return self.api.rows(name, fields, **params)
            except NotAllowedError:
                refused.append(name)
                return []

        return rows

    def _with_distributions(self, bars: Bars, code: str, days: tuple[date, date]) -> Bars:
        """A fund's bars with its distributions, which the table has under the fund's own number, too (510300.OF)."""
        refused: list[str] = []
        beside = self._beside(refused)
        fields, (start, end) = "div_proc,ex_date,div_cash", days
        paid = beside("fund_div", fields, ts_code=code)
        if not paid and not refused:
            paid = beside("fund_div", fields, ts_code=f"{code.partition('.')[0]}.OF")
        span = {"start_date": f"{start:%Y%m%d}", "end_date": f"{end:%Y%m%d}"}
        factors = beside("fund_adj", "trade_date,adj_factor", ts_code=code, **span)
        rows = [{**row, "cash_div_tax": row.get("div_cash")} for row in paid]
        bars = replace(bars, actions=_actions(rows, start, end))
        said = [*_untold(bars, factors, "distributions (a split?)"), *_not_asked(refused)]
        return replace(bars, source=_source(said))

    def facts(self, instrument: Instrument) -> Facts:
        """Listing day, last day, issue price and names of an A-share; listing day and board lot of a Hong Kong share."""
        code = tushare_code(instrument)
        stated = Facts(instrument.code, self.name)
        if instrument.exchange == "XHKG":
            (row, *_) = self.api.rows("hk_basic", "list_date,delist_date,trade_unit", ts_code=code) or [{}]
            lot = row.get("trade_unit")
            return replace(stated, **_days(row), lot=int(float(lot)) if lot else None)
        if instrument.board not in A_SHARE_BOARDS:
            return stated
        found = [self._basic(code, status) for status in ("L", "D", "P")]
        stated = replace(stated, **_days(next((row for row in found if row), {})))
        for more in (self._issue_price, self._names):
            try:
                stated = more(code, stated)
            except NotAllowedError:
                continue
        return stated

    def close(self) -> None:
        """Nothing to end: each request stands alone."""

    @property
    def api(self) -> TushareApi:
        if self._api is None:
            self._api = TushareApi(self.patience)
        return self._api

    def _basic(self, code: str, status: str) -> Row:
        """The row of a share that is listed (L), delisted (D) or paused (P); empty where it is none of that kind."""
        rows = self.api.rows("stock_basic", "list_date,delist_date", ts_code=code, list_status=status)
        return rows[0] if rows else {}

    def _issue_price(self, code: str, stated: Facts) -> Facts:
        if stated.listed is None:
            return stated
        around = {
            "start_date": f"{stated.listed - timedelta(days=60):%Y%m%d}",
            "end_date": f"{stated.listed:%Y%m%d}",
        }
        rows = self.api.rows("new_share", "ts_code,price", **around)
        prices = [float(row["price"]) for row in rows if row["ts_code"] == code and row["price"]]
        return replace(stated, issue_price=prices[0] if prices and prices[0] > 0 else None)

    def _names(self, code: str, stated: Facts) -> Facts:
        rows = self.api.rows("namechange", "name,start_date,end_date", ts_code=code)
        return replace(stated, names=names_of_rows(rows))


def tushare_code(instrument: Instrument) -> str:
    """Tushare's spelling: 600519.SH, 000001.SZ, 920493.BJ, 00700.HK.

    >>> from launchlab import load_instruments
    >>> [tushare_code(load_instruments()[code]) for code in ("600519.SS", "0700.HK")]
    ['600519.SH', '00700.HK']
    """
    number, _, suffix = instrument.code.partition(".")
    return f"{number:0>5}.HK" if suffix == "HK" else f"{number}.{'SH' if suffix == 'SS' else suffix}"


def names_of_rows(rows: Sequence[Row]) -> tuple[Named, ...]:
    """Short names by day from rows with name, start_date and end_date; the same name at the same time once."""
    found = {
        (str(row["name"]), _day(row["start_date"]), _day(row.get("end_date")))
        for row in rows
        if row.get("name") and _day(row.get("start_date"))
    }
    named = [Named(name, first, last) for name, first, last in found if first is not None]
    return tuple(sorted(named, key=lambda one: (one.first, one.last or date.max, one.name)))


def _table(instrument: Instrument) -> tuple[str, tuple[float, float]]:
    """The table of an instrument's bars, and what its volume and turnover are multiplied by."""
    if instrument.code.startswith("^"):
        raise FetchError(f"{instrument.code}: tushare has no bars of this index; take a fund on it")
    if instrument.exchange == "XHKG":
        return "hk_daily", (1.0, 1.0)
    if instrument.board == "index":
        return "index_daily", (100.0, 1000.0)
    if instrument.board in FUND_BOARDS:
        return "fund_daily", (100.0, 1000.0)
    if instrument.board in A_SHARE_BOARDS:
        return "daily", (100.0, 1000.0)
    raise FetchError(f"{instrument.code}: tushare has no daily bars of its kind ({instrument.board})")


def _to_bars(instrument: Instrument, rows: Sequence[Row], scale: tuple[float, float]) -> Bars:
    rows = sorted(rows, key=lambda row: str(row["trade_date"]))

    def column(name: str) -> F8:
        return np.array([_number(row.get(name)) for row in rows])

    columns: dict[str, Any] = {"date": np.array([_iso(row["trade_date"]) for row in rows], "M8[D]")}
    columns |= {name: column(name) for name in (*PRICES, "pre_close")}
    columns["amount"] = np.round(column("amount") * scale[1], 2)
    volume = np.nan_to_num(column("vol"))
    columns["volume"] = in_shares(instrument, volume, columns["amount"], columns["close"], lot=scale[0])
    columns["status"] = np.array([0.0 if row.get("idle") else 1.0 for row in rows])
    return bars_from_columns(instrument.code, columns, {"provider": "tushare", "version": VERSION})


def _source(said: Sequence[str]) -> dict[str, object]:
    told = {"said": "; ".join(said)} if any(said) else {}
    return {"provider": "tushare", "version": VERSION, **told}


def _idle(rows: Sequence[Row], halted: Sequence[Row]) -> list[Row]:
    """Sessions halted all day, as rows without prices; one halted for an hour has its bar."""
    have = {str(row["trade_date"]) for row in rows}
    days = {
        str(row["trade_date"])
        for row in halted
        if row.get("suspend_type") == "S" and not row.get("suspend_timing")
    }
    return [{"trade_date": day, "idle": True} for day in sorted(days - have)]


def _status(rows: Sequence[Row], sessions: Days) -> Any:
    """Each session's special treatment by the name of its day, -1 where no name is known."""
    held = np.full(len(sessions), "", object)
    for one in names_of_rows(rows):
        inside = sessions >= np.datetime64(one.first)
        if one.last is not None:
            inside &= sessions <= np.datetime64(one.last)
        held[inside] = one.name
    marks = status_by_names([str(name) for name in held])
    return np.where(np.isnan(marks), -1, marks).astype(np.int8)


def _actions(rows: Sequence[Row], start: date, end: date) -> Any:
    """Actions by ex-date: bonus shares add to the ratio, cash is before tax, both for one share."""
    by_day: dict[date, tuple[float, float]] = {}
    for row in rows:
        day = _day(row.get("ex_date"))
        if row.get("div_proc") != DONE or day is None or not start <= day <= end:
            continue
        ratio, cash = by_day.get(day, (1.0, 0.0))
        more = np.nan_to_num([_number(row.get("stk_div")), _number(row.get("cash_div_tax"))])
        by_day[day] = (ratio + float(more[0]), cash + float(more[1]))
    return np.array(
        [(day, ratio, cash, 0.0, 0.0) for day, (ratio, cash) in sorted(by_day.items())], CORPORATE_ACTION
    )


def _not_asked(refused: Sequence[str]) -> list[str]:
    return [f"not asked, as this account may not: {', '.join(refused)}"] if refused else []


def _untold(bars: Bars, factors: Sequence[Row], among: str) -> list[str]:
    """A sentence about days on which the factor moves and no known action does."""
    by_day = {_iso(row["trade_date"]): _number(row["adj_factor"]) for row in factors}
    days = sorted(by_day)
    told = set(bars.actions["session"].astype(str).tolist())
    moved = [
        after
        for before, after in pairwise(days)
        if abs(by_day[after] / by_day[before] - 1.0) > FACTOR_APART and after not in told
    ]
    return untold(moved, among)


def _other_limits(instrument: Instrument, bars: Bars, limits: Sequence[Row]) -> list[str]:
    """A sentence where the exchange's own limits are not those of the rule book."""
    stated = {
        _iso(row["trade_date"]): (_number(row["up_limit"]), _number(row["down_limit"])) for row in limits
    }
    if not stated:
        return []
    from ..bars.stated import as_stated

    sessions = calendar(instrument.exchange).sessions
    known = as_stated(instrument, bars, sessions)
    bands = limit_bands(known, bars.sessions, bars.pre_close, listed_sessions(bars, known, sessions))
    apart = [
        str(day)
        for day, up, down, idle in zip(bars.sessions, bands.up, bands.down, bars.suspended, strict=True)
        if not idle and str(day) in stated and np.isfinite(up) and _differ((up, down), stated[str(day)])
    ]
    if not apart:
        return []
    return [f"the exchange's limits are not the rule book's on {len(apart)} sessions, first {apart[0]}"]


def _differ(ours: tuple[float, float], theirs: tuple[float, float]) -> bool:
    return any(abs(a - b) > HALF_TICK for a, b in zip(ours, theirs, strict=True) if np.isfinite(b))


def _days(row: Row) -> dict[str, Any]:
    return {"listed": _day(row.get("list_date")), "delisted": _day(row.get("delist_date"))}


def _day(text: object) -> date | None:
    """20240102 as a day; None for nothing."""
    return datetime.strptime(str(text)[:8], "%Y%m%d").date() if text else None


def _iso(text: object) -> str:
    plain = str(text)
    return f"{plain[:4]}-{plain[4:6]}-{plain[6:8]}"


def _number(value: object) -> float:
    return float("nan") if value in (None, "") else float(str(value))
