"""What is wrong with the bars of one code, by session: errors make a fill wrong, warnings make it doubtful.

The kinds of fault are listed in data/bars/findings.py.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Days
from ..calendars.sessions import calendar as calendar_of
from ..errors import DataError
from ..instruments.table import Instrument
from .accepted import beyond_limit, off_tick, ruled_bars, unlike_the_close, unruled
from .actions import action_faults, possible, with_actions
from .bars import PRICES, Bars
from .findings import ADVICE, Finding, bad_sessions, digits, each, errors_of, finding
from .reconcile import price_differences, volume_ratio
from .stated import as_stated
from .units import leaps, scale, spacing, turnover_faults

YEAR = np.timedelta64(366, "D")  # later than this after every known session a bar is misdated

__all__ = ["ADVICE", "Finding", "bad_sessions", "check_bars", "errors_of", "suspend_bad"]


# what a damaged file holds may overflow; such prices are findings, not warnings of numpy
@np.errstate(over="ignore", divide="ignore", invalid="ignore")
def check_bars(
    bars: Bars,
    instrument: Instrument,
    *,
    calendar: Days,
    raw: bool = True,
    second: Bars | None = None,
    cut: bool = False,
) -> tuple[Finding, ...]:
    """Everything wrong with `bars`, errors first within each session, in order of session.

    `calendar` holds the exchange's sessions, ascending; only bars within its span are held against it. Indices and
    series declared adjusted (`raw=False`) are not held to ticks and limits. `second` is the
    same code from another source. `cut`: there are earlier bars of the code, which were not asked for.
    """
    if not len(calendar):
        raise DataError(f"{bars.code}: the calendar is empty, so its bars cannot be checked; widen the dates")
    findings = list(_session_faults(bars, calendar))
    tidy = bars if not findings else bars.tidy()
    findings += _unread(bars)
    findings += action_faults(tidy, calendar)
    tidy = with_actions(tidy, possible(tidy))
    every = spacing(tidy)
    if every:
        whole = f"{len(tidy)} {every} bars, not daily ones"
        findings.append(finding(bars.code, tidy.sessions[0], "not_daily", whole))
    else:
        findings += _missing(tidy, calendar, instrument)
    findings += _price_faults(tidy, volume_means_trading=instrument.tradable)
    findings += _idle(tidy, instrument)
    if raw and instrument.tradable:
        findings += turnover_faults(tidy)
        findings += scale(tidy, instrument)
        ruled = ruled_bars(tidy, instrument)
        instrument = as_stated(instrument, ruled, calendar)
        findings += leaps(tidy, instrument, calendar)
        findings += unruled(tidy, instrument)
        findings += off_tick(ruled, instrument)
        findings += unlike_the_close(ruled, instrument, calendar)
        findings += beyond_limit(ruled, instrument, calendar, cut or ruled is not tidy)
    if second is not None:
        findings += _disagreements(tidy, second, instrument if raw else None)
    return tuple(sorted(findings, key=lambda one: (one.session, one.severity, one.fault)))


def suspend_bad(bars: Bars, findings: Sequence[Finding]) -> Bars:
    """`bars` in order, with every session that has an error suspended: no prices, its actions kept unless they err.

    Bars on days on which the exchange was shut are left out.
    """
    tidy = bars.tidy()
    if not errors_of(findings):
        return tidy
    shut, wrong = _sessions_of(findings, "not_a_session"), _sessions_of(findings, "action")
    tidy = with_actions(tidy, ~np.isin(tidy.actions["session"], wrong))
    bad = tidy.sessions if len(_sessions_of(findings, "not_daily")) else bad_sessions(findings)
    return tidy.take(~np.isin(tidy.sessions, shut)).suspend(bad)


def _sessions_of(findings: Sequence[Finding], kind: str) -> Days:
    return np.array([one.session for one in findings if one.kind == kind], "M8[D]")


def _session_faults(bars: Bars, calendar: Days) -> Iterator[Finding]:
    days = bars.sessions
    start = int(np.searchsorted(calendar, days[0])) if len(days) else 0
    if np.array_equal(calendar[start : start + len(days)], days):
        return
    step = np.diff(days).astype(np.int64)
    if (step <= 0).any():
        _, first, count = np.unique(days, return_index=True, return_counts=True)
        for i, n in zip(first[count > 1], count[count > 1], strict=True):
            yield finding(bars.code, days[i], "duplicate", f"{n} bars of this session")
        yield from each(
            bars, "unsorted", np.append(False, step < 0), lambda i: f"comes after the bar of {days[i - 1]}"
        )
    at = np.searchsorted(calendar, days)
    known = calendar[np.minimum(at, len(calendar) - 1)] == days
    inside = (days >= calendar[0]) & (days <= calendar[-1])
    yield from each(
        bars, "not_a_session", np.asarray(inside & ~known), lambda i: "a bar on a day without trading"
    )
    yield from each(
        bars,
        "not_a_session",
        days > calendar[-1] + YEAR,
        lambda i: f"years after the last session that is known, {calendar[-1]}",
    )


def _unread(bars: Bars) -> Iterator[Finding]:
    """One finding for all columns of the file that were left out because nobody knows what they say."""
    names = str(bars.source.get("unread", ""))
    if names and len(bars):
        yield finding(bars.code, bars.sessions[0], "unread_column", f"not read: {names}")


def _missing(bars: Bars, calendar: Days, instrument: Instrument) -> Iterator[Finding]:
    """One finding for each run of sessions without a bar between the first and the last bar."""
    if len(bars) < 2:
        return
    low, high = np.searchsorted(calendar, [bars.sessions[0], bars.sessions[-1] + np.timedelta64(1, "D")])
    window = calendar[low:high]
    if len(window) == len(bars) and bool((window == bars.sessions).all()):
        return
    absent = np.flatnonzero(~np.isin(window, bars.sessions))
    for run in np.split(absent, np.flatnonzero(np.diff(absent) > 1) + 1):
        if len(run):
            first, last = window[run[0]], window[run[-1]]
            span = (
                f"no bar on {first}" if len(run) == 1 else f"no bar on {len(run)} sessions, {first} to {last}"
            )
            yield finding(bars.code, first, "missing_session", span + _half_days(window[run], instrument))


def _half_days(days: Days, instrument: Instrument) -> str:
    """Said where it explains a hole: vendors have no real bar of Hong Kong's half-days."""
    known = calendar_of(instrument.exchange)
    half = int(np.isin(days, known.sessions[known.half]).sum())
    if not half:
        return ""
    return " (a half-day)" if len(days) == 1 else f" ({half} of them half-days)"


def _price_faults(bars: Bars, volume_means_trading: bool) -> Iterator[Finding]:
    if _in_order(bars):
        return
    prices = np.stack([getattr(bars, name) for name in PRICES])
    open_, high, low, close = prices
    empty = np.isnan(prices).any(axis=0)
    yield from each(bars, "missing_price", empty & ~bars.suspended, lambda i: "a price is empty")
    wrong_volume = ~(bars.volume >= 0.0) & ~bars.suspended
    below = (prices <= 0.0).any(axis=0) & ~bars.suspended
    yield from each(
        bars,
        "non_positive",
        below | (wrong_volume & volume_means_trading),
        lambda i: f"prices {_bar(bars, i)}, volume {digits(bars.volume[i])}",
    )
    body_high, body_low = np.maximum(open_, close), np.minimum(open_, close)
    disorder = ((body_high > high) | (body_low < low) | (high < low)) & ~bars.suspended
    yield from each(bars, "ohlc", disorder, lambda i: _disorder(prices[:, i]))


def _in_order(bars: Bars) -> bool:
    """Whether every bar has its prices, above zero and within low and high, and a volume."""
    sound = (bars.low > 0.0) & (bars.low <= bars.open) & (bars.low <= bars.close)
    sound &= (bars.high >= bars.open) & (bars.high >= bars.close) & (bars.volume >= 0.0)
    return bool(sound.all())


def _idle(bars: Bars, instrument: Instrument) -> Iterator[Finding]:
    """Bars without trades, and bars handed out twice."""
    if not instrument.tradable:
        return

    def what(i: int) -> str:
        return f"close {bars.close[i]:g} with zero volume{_half_days(bars.sessions[i : i + 1], instrument)}"

    yield from each(bars, "stale", bars.stale, what)
    same = np.zeros(len(bars), bool)
    same[1:] = (bars.volume[1:] == bars.volume[:-1]) & (bars.volume[1:] > 0)
    for name in PRICES if same.any() else ():
        price = getattr(bars, name)
        same[1:] &= price[1:] == price[:-1]
    yield from each(bars, "repeated", same, lambda i: f"same prices and volume as {bars.sessions[i - 1]}")


def _bar(bars: Bars, i: int) -> str:
    return "/".join(f"{getattr(bars, name)[i]:g}" for name in PRICES)


def _disorder(bar: NDArray[Any]) -> str:
    open_, high, low, close = bar
    if high < low:
        return f"high {high:g} is below low {low:g}"
    name, price = ("close", close) if not low <= close <= high else ("open", open_)
    return f"{name} {price:g} is outside {low:g}–{high:g}"


def _disagreements(bars: Bars, second: Bars, instrument: Instrument | None) -> Iterator[Finding]:
    name = second.source.get("provider", "the second source")
    for gap in price_differences(bars, second, instrument):
        what = f"{gap.field} {gap.first:g} here, {gap.second:g} in {name}"
        yield finding(bars.code, gap.session, "disagrees", what)
    times = volume_ratio(bars, second)
    if not 0.5 < times < 2.0:
        yield finding(bars.code, bars.sessions[0], "volume_units", f"{times:.4g} times the volume in {name}")
