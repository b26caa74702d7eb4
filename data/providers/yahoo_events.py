"""Yahoo's splits and dividends as it lists them, each by its own date and in its own currency.

yfinance merges them into the frame of prices, where an event on a day without a bar moves to a neighbour and a
dividend loses its currency; the list that it keeps beside the frame has both.
"""

from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import F8, Days
from ..bars.bars import CORPORATE_ACTION
from ..calendars.sessions import calendar
from ..errors import FetchError
from .unsplit import later_split_factor


@dataclass(frozen=True)
class Events:
    """Splits as (day, new shares for one old), dividends as (day, amount, currency or ''), in any order."""

    splits: tuple[tuple[date, float], ...] = ()
    dividends: tuple[tuple[date, float, str], ...] = ()


def listed_events(history: Any) -> Events:
    """The events that yfinance's price history has kept from its last answer."""
    splits = tuple((stamp.date(), float(ratio)) for stamp, ratio in history._splits.items())
    paid = history._dividends
    if getattr(paid, "ndim", 1) == 1:
        return Events(splits, tuple((stamp.date(), float(cash), "") for stamp, cash in paid.items()))
    rows = zip(paid.index, paid["Dividends"], paid["currency"], strict=True)
    return Events(splits, tuple((stamp.date(), float(cash), str(unit or "")) for stamp, cash, unit in rows))


def checked(events: Events, code: str) -> Events:
    """The same events, when each has a number that it can have; else a FetchError."""
    for day, ratio in events.splits:
        if not (isfinite(ratio) and ratio > 0):
            raise FetchError(
                f"{code}: Yahoo has a split of {ratio:g} shares for one on {day}, which cannot be undone; "
                "import its bars from files"
            )
    for day, cash, _ in events.dividends:
        if not (isfinite(cash) and cash >= 0):
            raise FetchError(f"{code}: Yahoo has a dividend of {cash:g} on {day}; import its bars from files")
    return events


def effective(days: list[date], exchange: str) -> Days:
    """The session before whose open each event takes effect: its own day, or the exchange's next session."""
    sessions = calendar(exchange).sessions
    wanted = np.array(days, "M8[D]")
    at = np.searchsorted(sessions, wanted)
    return np.where(at < len(sessions), sessions[np.minimum(at, len(sessions) - 1)], wanted)


def split_factor(sessions: Days, events: Events, exchange: str) -> F8:
    """What the splits after each session multiply its shares by, (n,)."""
    days = effective([day for day, _ in events.splits], exchange)
    return later_split_factor(sessions, days, np.array([ratio for _, ratio in events.splits], np.float64))


def actions_of(
    events: Events, exchange: str, currency: str, span: tuple[date, date]
) -> tuple[NDArray[Any], list[str]]:
    """Corporate actions within `span`, per old share and in `currency`, and the dividends left out, in words.

    Yahoo states dividends per share of today, and on the day of a split per new share. One in another currency is left
    out: its rate is not the bars' to know.
    """
    ratios: dict[np.datetime64, float] = {}
    paid: dict[np.datetime64, float] = {}
    left_out: list[str] = []
    split_days = effective([day for day, _ in events.splits], exchange)
    for session, (_, ratio) in zip(split_days, events.splits, strict=True):
        ratios[session] = ratios.get(session, 1.0) * ratio
    dividend_days = effective([day for day, *_ in events.dividends], exchange)
    first, last = (np.datetime64(day, "D") for day in span)
    for session, (day, cash, unit) in zip(dividend_days, events.dividends, strict=True):
        if unit and unit != currency and first <= session <= last:
            left_out.append(f"dividend of {cash:g} {unit} on {day}")
        elif cash > 0 and unit in ("", currency):
            paid[session] = paid.get(session, 0.0) + cash
    days = np.array(sorted(day for day in {*ratios, *paid} if first <= day <= last), "M8[D]")
    table = np.zeros(len(days), CORPORATE_ACTION)
    table["session"], table["ratio"] = days, [ratios.get(day, 1.0) for day in days]
    cash_of_today = np.array([paid.get(day, 0.0) for day in days])
    table["cash"] = np.round(cash_of_today * split_factor(days, events, exchange) * table["ratio"], 6)
    return table, left_out
